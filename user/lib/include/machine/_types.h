#pragma once
/* machine/_types.h - the C library's, with numbers of files and devices that are wide enough: by
 * itself it gives them 16 bits. Nothing of it that we link looks at a struct stat. */
#include <machine/_default_types.h>

typedef __uint64_t __dev_t;
typedef __uint64_t __ino_t;
#define __machine_dev_t_defined
#define __machine_ino_t_defined
