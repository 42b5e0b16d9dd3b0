#pragma once
/* file.h - the file protocol: what a file server, and everything that looks like a file, answers.
 *
 * An open file is a channel; its badge names the open-file record in the server, so dup and fork
 * share the offset and the status flags. Status is a count or 0, or the negative of an error
 * number.
 *
 * Paths are bytes in the caller's buffer (BUFFER_IN), ended by a NUL or by the buffer's end, at
 * most FILE_PATH_MAX of them; a server resolves one from the directory that the channel names (a
 * leading `/`: from its own root). An empty path names what the channel names. Where a path leaves
 * the server (a mounted directory, `..` at the root of a mounted server; when the server is itself
 * mounted, a path or a symbolic link that begins with `/`), nothing is done, the status is
 * FILE_GO_ON, and the caller goes on elsewhere:
 *
 *     w0      FILE_FROM_ROOT: from the root as the caller has it, the text begins with `/`;
 *             FILE_FROM_CHANNEL: from w2, it does not
 *     w1      length of what remains of the path, which is at the beginning of the caller's buffer
 *             now (the texts that went with the path are the caller's to send again): so whoever
 *             sends a path declares the buffer BUFFER_OUT too, FILE_PATH_MAX bytes long; to one who
 *             does not the answer is E_NAMETOOLONG
 *     w2      a channel (MESSAGE_MOVE or MESSAGE_COPY) with FILE_FROM_CHANNEL
 *
 * A caller goes on FILE_GO_ON_MAX times; then it is E_LOOP.
 */
#include <stdint.h>

enum { FILE_PATH_MAX = 1024, FILE_NAME_MAX = 255, FILE_GO_ON_MAX = 40 };

enum file_label {
    /* path in the buffer; w0: O_ flags of fcntl.h, w1: mode. -> w2: channel of the open file
     * (MESSAGE_MOVE). */
    FILE_OPEN = 0x200,
    /* buffer OUT; w0: offset, or FILE_AT_POSITION (which moves it). -> count, 0 at the end. */
    FILE_READ,
    /* buffer IN; w0 as above. -> count. With O_APPEND at the end, whatever w0 says. */
    FILE_WRITE,
    /* w0: offset (signed), w1: SEEK_SET, SEEK_CUR, SEEK_END. -> the new position. E_SPIPE. */
    FILE_SEEK,
    /* buffer OUT: struct file_status. */
    FILE_STAT,
    /* buffer OUT: as many struct file_entry records as fit, from the directory's position on, which
     * moves. -> bytes, 0 at the end; E_NOTDIR; E_INVAL: the buffer holds not one record. */
    FILE_READ_DIRECTORY,
    /* w0: new length. E_INVAL: not open for writing; E_FBIG. */
    FILE_TRUNCATE,
    /* w0: enum file_sync. All that was written before is on the device when this returns. */
    FILE_SYNC,

    /* path in the buffer, BUFFER_OUT too: struct file_status replaces it; w0: FILE_NO_FOLLOW or 0.
     */
    FILE_STAT_PATH,
    /* path; w0: FILE_REMOVE_DIRECTORY or 0. E_BUSY: something is mounted there. */
    FILE_UNLINK,
    /* path; w0: mode. */
    FILE_MAKE_DIRECTORY,
    /* path of the new link, NUL, the target's text. */
    FILE_SYMLINK,
    /* path, BUFFER_OUT too: the target's text replaces it. -> its length. E_INVAL: no link. */
    FILE_READ_LINK,
    /* path of the file, NUL, a name without `/` (one at its end is allowed: it must be a
     * directory); w0: from FILE_IDENTIFY of the directory that gets the name; w1: FILE_NO_FOLLOW or
     * 0. E_XDEV: that directory is another server's. */
    FILE_LINK,
    /* the same; the old name goes, and what had the new one. */
    FILE_RENAME,
    /* struct file_change, then the path; w0: FILE_NO_FOLLOW or 0. */
    FILE_CHANGE,
    /* -> w0: a number by which FILE_LINK and FILE_RENAME to the same server name this open file. */
    FILE_IDENTIFY,
    /* buffer OUT: the absolute path of the open directory, without NUL. -> its length. E_NOTDIR;
     * E_RANGE: does not fit; E_NOENT: it has been removed. */
    FILE_GET_PATH,
    /* -> w0: the O_ status flags and access mode of the open file. */
    FILE_GET_FLAGS,
    /* w0: new status flags (O_APPEND, O_NONBLOCK); the rest stays. */
    FILE_SET_FLAGS,
    /* buffer OUT: struct file_system_status. */
    FILE_STAT_SYSTEM,
    /* w0: enum file_map. -> w2: a memory object with the file's contents, RIGHT_MAP (MESSAGE_MOVE
     * or COPY), its size the file's in whole pages. E_NODEV: the server has no such thing; E_ACCES:
     * FILE_MAP_SHARED of a file not open for reading and writing. */
    FILE_MAP,

    /* path of a directory; w2: channel (MESSAGE_COPY) of the root that shall be seen there from now
     * on. E_BUSY: something is mounted there, or it is the root. */
    FILE_MOUNT,
    /* path, whose last name is what was mounted upon. E_INVAL: nothing is. */
    FILE_UNMOUNT,
    /* to the root of a server that gets mounted: the absolute path where, in the buffer; w2:
     * channel (MESSAGE_COPY) of the directory above. E_BUSY: it is mounted already, or registered
     * as `root`. Without a handle: it is not mounted any more. E_BUSY: files are open, or something
     * is mounted inside, and it stays; E_INVAL: it is not mounted. */
    FILE_ATTACH,
};

/* The status of a path that leaves the server, which is more than any length of a text or path; and
 * word 0 then. */
enum { FILE_GO_ON = 1 << 16 };
enum { FILE_FROM_ROOT, FILE_FROM_CHANNEL };

enum { FILE_NO_FOLLOW = 1 << 0, FILE_REMOVE_DIRECTORY = 1 << 1 };

enum file_sync {
    FILE_SYNC_FILE,   /* contents and what describes it */
    FILE_SYNC_DATA,   /* what one needs to read it again */
    FILE_SYNC_SYSTEM, /* all files of the server */
    FILE_SYNC_REST,   /* the same, and the device says that nobody uses it, until somebody does */
};

enum file_map { FILE_MAP_PRIVATE, FILE_MAP_SHARED };

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

/* What FILE_CHANGE sets, of those that `fields` names. */
struct file_change {
    uint32_t fields; /* FILE_CHANGE_ bits */
    uint32_t mode;   /* permission bits */
    uint32_t user, group;
    int64_t accessed_ns, modified_ns; /* since 1970, or FILE_TIME_NOW */
};

enum {
    FILE_CHANGE_MODE = 1 << 0,
    FILE_CHANGE_USER = 1 << 1,
    FILE_CHANGE_GROUP = 1 << 2,
    FILE_CHANGE_ACCESSED = 1 << 3,
    FILE_CHANGE_MODIFIED = 1 << 4,
};
#define FILE_TIME_NOW INT64_MIN

struct file_system_status {
    char type[16]; /* "ext2", "ramfs", "initfs" */
    uint64_t device;
    uint64_t block_size; /* bytes */
    uint64_t blocks, blocks_free, blocks_available;
    uint64_t files, files_free; /* 0: without limit */
    uint32_t name_max;
    uint32_t read_only;
};

/* One directory entry; `length` bytes in all, a multiple of 8; the name ends in NUL. */
struct file_entry {
    uint64_t inode;
    uint16_t length;
    uint8_t type; /* DT_ of dirent.h */
    char name[5]; /* and on */
};
