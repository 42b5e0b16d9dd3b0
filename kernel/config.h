#pragma once
/* config.h - what the build chooses. The only place of the kernel that asks the preprocessor. */
#ifdef OCTAVO_DEBUG
enum { DEBUG = 1 };
#else
enum { DEBUG = 0 };
#endif
