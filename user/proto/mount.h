#pragma once
/* mount.h - the list of mounted file systems, which init keeps for `mount`, `df` and sync(2). What
 * makes a file system visible are FILE_MOUNT and FILE_ATTACH of file.h. */
#include <stdint.h>

enum mount_label {
    /* to HANDLE_NAMES; buffer IN: struct mount_entry. E_EXIST: `path` is in the list. */
    MOUNT_ADD = 0x120,
    /* buffer IN: the path. E_NOENT. */
    MOUNT_REMOVE,
    /* buffer OUT: as many struct mount_entry as fit, oldest first, from number w0 on. -> how many.
     */
    MOUNT_LIST,
};

struct mount_entry {
    char path[256];  /* absolute */
    char source[64]; /* `disk0`, or what it was made of */
    char type[16];
    uint64_t read_only;
};
