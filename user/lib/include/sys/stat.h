#pragma once
/* sys/stat.h - the C library's, and lstat, which it declares for few systems. */
#include_next <sys/stat.h>

/* As stat: file servers show no symbolic links, they follow them. */
int lstat(const char *path, struct stat *status);
