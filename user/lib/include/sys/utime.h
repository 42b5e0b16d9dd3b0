#pragma once
/* sys/utime.h - the C library's, and utime, which it leaves to the system. */
#include <sys/types.h>

#include_next <sys/utime.h>

int utime(const char *path, const struct utimbuf *times);
