#pragma once
/* file.h - the file protocol: what a file server, and everything that looks like a file, answers.
 *
 * An open file is a channel; its badge names the open-file record in the server, so dup and fork
 * share the offset. Status is a count or 0, or the negative of an error number. Paths are bytes
 * without NUL in the caller's buffer (BUFFER_IN), at most FILE_PATH_MAX; a server resolves them
 * from the directory that the channel names (a leading `/` from its root).
 */
#include <stdint.h>

enum { FILE_PATH_MAX = 1024, FILE_NAME_MAX = 255 };

enum file_label {
    /* path in the buffer; w0: O_ flags of fcntl.h, w1: mode. -> w2: channel of the open file
     * (MESSAGE_MOVE). */
    FILE_OPEN = 0x200,
    /* buffer OUT; w0: offset, or FILE_AT_POSITION (which moves it). -> count, 0 at the end. */
    FILE_READ,
    /* buffer IN; w0 as above. -> count. */
    FILE_WRITE,
    /* w0: offset (signed), w1: SEEK_SET, SEEK_CUR, SEEK_END. -> the new position. E_SPIPE. */
    FILE_SEEK,
    /* buffer OUT: struct file_status. */
    FILE_STAT,
    /* buffer OUT: as many struct file_entry records as fit, from the directory's position on, which
     * moves. -> bytes, 0 at the end; E_NOTDIR; E_INVAL: the buffer holds not one record. */
    FILE_READ_DIRECTORY,
    /* w0: new length. */
    FILE_TRUNCATE,
    /* All written data is on the device when this returns. */
    FILE_SYNC,
};

#define FILE_AT_POSITION UINT64_MAX

struct file_status {
    uint64_t device, inode;
    uint32_t mode; /* type and permission bits of sys/stat.h */
    uint32_t links;
    uint32_t user, group;
    uint64_t size;   /* bytes */
    uint64_t blocks; /* of 512 bytes */
    uint32_t block_size;
    uint32_t reserved;
    int64_t accessed_ns, modified_ns, changed_ns; /* since 1970 */
};

/* One directory entry; `length` bytes in all, a multiple of 8; the name ends in NUL. */
struct file_entry {
    uint64_t inode;
    uint16_t length;
    uint8_t type; /* DT_ of dirent.h */
    char name[5]; /* and on */
};
