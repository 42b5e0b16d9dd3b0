#pragma once
/* sys/statvfs.h - how full a file system is. The counts have 64 bits, for which the C library's
 * fsfilcnt_t is too narrow. */
#include <stdint.h>

struct statvfs {
    unsigned long f_bsize;
    unsigned long f_frsize; /* unit of the three that follow, bytes */
    uint64_t f_blocks;
    uint64_t f_bfree;
    uint64_t f_bavail; /* free, and not kept for the system */
    uint64_t f_files;  /* 0: without limit */
    uint64_t f_ffree;
    uint64_t f_favail;
    unsigned long f_fsid;
    unsigned long f_flag; /* ST_ */
    unsigned long f_namemax;
    char f_basetype[16]; /* `ext2` and the like */
};

#define ST_RDONLY 1
#define ST_NOSUID 2 /* always: no program has another user's rights */

int statvfs(const char *path, struct statvfs *status);
int fstatvfs(int file, struct statvfs *status);
