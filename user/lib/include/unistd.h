#pragma once
/* unistd.h - the C library's, and dup3, which it declares to few. */
#include_next <unistd.h>

/* As dup2, but: two equal numbers are EINVAL; flags: O_CLOEXEC or 0. */
int dup3(int file, int target, int flags);
