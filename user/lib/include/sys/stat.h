#pragma once
/* sys/stat.h - the C library's, and what it declares for few systems. */
#include_next <sys/stat.h>

/* As stat, but of a symbolic link itself. */
int lstat(const char *path, struct stat *status);

/* tv_nsec of utimensat and futimens. */
#define UTIME_NOW  0x3fffffffl /* the time that it is */
#define UTIME_OMIT 0x3ffffffel /* this time stays as it is */
