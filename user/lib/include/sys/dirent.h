#pragma once
/* sys/dirent.h - what <dirent.h> of the C library leaves to the system: struct dirent and DIR. */
#include <sys/types.h>

enum { OCTAVO_NAME_MAX = 255 };

struct dirent {
    ino_t d_ino;
    unsigned char d_type; /* DT_ */
    char d_name[OCTAVO_NAME_MAX + 1];
};

typedef struct directory DIR;

#define DT_UNKNOWN 0
#define DT_FIFO    1
#define DT_CHR     2
#define DT_DIR     4
#define DT_BLK     6
#define DT_REG     8
#define DT_LNK     10
#define DT_SOCK    12
