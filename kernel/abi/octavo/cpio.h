#pragma once
/* cpio.h - reads a cpio archive of the "newc" format ("070701"), such as the initrd: the reader
 * shared by the kernel and the server that shows the initrd as a file system.
 *
 * An entry is a header of hexadecimal digits, the name, the contents, each padded to four bytes;
 * the archive ends at an entry named "TRAILER!!!". Nothing is allocated or copied: names and
 * contents point into the archive, which may be malicious and of which no byte outside is read.
 */
#include <stddef.h>
#include <stdint.h>

#include <octavo/error.h>

struct cpio {
    const void *bytes; /* at any alignment */
    size_t size;
};

/* The type of a file in cpio_entry.mode, as in <sys/stat.h>. */
enum {
    CPIO_TYPE_MASK = 0170000,
    CPIO_DIRECTORY = 0040000,
    CPIO_REGULAR = 0100000,
    CPIO_SYMLINK = 0120000, /* data is the target, without a final NUL */
};

struct cpio_entry {
    const char *name;                    /* without leading "/" and "./"; "": the root directory */
    uint32_t mode;                       /* type and permissions */
    uint32_t inode, nlink;               /* inode: equal for hard links to one file */
    uint32_t device_major, device_minor; /* of the file system that numbered the inode */
    uint32_t mtime;                      /* seconds since 1970 */
    const void *data;
    size_t size;           /* of data, bytes */
    const char *complaint; /* after E_INVAL: what was wrong, for people; else NULL */
};

/* Reads the entry at *cursor, which starts as 0, and moves *cursor behind it. E_NOENT: the end;
 * E_INVAL: malformed at *cursor, which stays; of *entry only the complaint is written. */
enum error cpio_next(const struct cpio *archive, size_t *cursor, struct cpio_entry *entry) MUST_USE;

/* Finds a file by path; leading "/" and "./" are not looked at. If it has several links, data and
 * size are those of the one that carries them. E_NOENT, E_INVAL; *entry is then of no use but for
 * the complaint. */
enum error cpio_find(const struct cpio *archive, const char *path,
                     struct cpio_entry *entry) MUST_USE;

/* Gives an entry that is a hard link to a file the contents of that file: the format stores them
 * with one link, mostly the last. E_INVAL. */
enum error cpio_resolve_link(const struct cpio *archive, struct cpio_entry *entry) MUST_USE;
