#pragma once
/* ext2.h - a mounted ext2 file system, with or without ext3's journal: what the server calls.
 *
 * Functions take the file system's own lock where they must, so any thread may call any of them. An
 * inode in use is a struct inode with a count; names are bytes without `/` and NUL. `.` and `..`
 * are names like others for ext2_look_up, and refused (E_INVAL) where one is made or removed. Each
 * function either does all that it says or changes nothing.
 */
#include "disk.h"

#include <proto/file.h>

struct ext2;
struct inode;

struct ext2_options {
    bool read_only;
    size_t cache_bytes;       /* for blocks and contents together, about */
    uint64_t (*now_ns)(void); /* since 1970 */
    /* A line for people about what is wrong on the disk, without newline; called under the lock.
     * NULL: nobody listens. */
    void (*complain)(const char *text);
};

/* Checks the superblock and the groups, replays the journal, finishes what orphans are left. The
 * disk stays the caller's. E_INVAL and *complaint (for people, it stays valid): no ext2, a feature
 * that we do not know, by its name, or impossible values; E_IO; E_NOMEM. A file system with
 * features that permit reading only is mounted read-only, and *complaint says so (E_OK). */
enum error ext2_mount(struct disk *disk, const struct ext2_options *options, struct ext2 **fs,
                      const char **complaint) MUST_USE;

/* Writes everything. The inodes in use must have been put. On errors it is unmounted all the same.
 */
enum error ext2_unmount(struct ext2 *fs);

/* Everything is on the disk, which says that it is not in use: as after an unmount, but what comes
 * next, if anything, finds it mounted. */
enum error ext2_rest(struct ext2 *fs) MUST_USE;

/* Everything is on the disk when these return. */
enum error ext2_sync(struct ext2 *fs) MUST_USE;
enum error ext2_sync_inode(struct ext2 *fs, struct inode *inode, bool data_only) MUST_USE;

/* Work to be done every 5 seconds, or under pressure: commits what is old, writes contents back. */
enum error ext2_tick(struct ext2 *fs) MUST_USE;

void ext2_status(struct ext2 *fs, struct file_system_status *status);

/* ---- inodes; each result is held until ext2_put ------------------------------------------- */

enum error ext2_root(struct ext2 *fs, struct inode **inode) MUST_USE;
void ext2_hold(struct ext2 *fs, struct inode *inode);
void ext2_put(struct ext2 *fs, struct inode *inode);
uint32_t ext2_number(const struct inode *inode);
uint32_t ext2_mode(const struct inode *inode); /* type and permissions of sys/stat.h */
void ext2_stat(struct ext2 *fs, struct inode *inode, struct file_status *status);
enum error ext2_change(struct ext2 *fs, struct inode *inode,
                       const struct file_change *change) MUST_USE;

/* ---- names ------------------------------------------------------------------------------- */

struct ext2_name {
    const char *text;
    size_t length;
};

/* E_NOENT; E_NOTDIR; E_NAMETOOLONG. */
enum error ext2_look_up(struct ext2 *fs, struct inode *directory, struct ext2_name name,
                        struct inode **found) MUST_USE;
/* A regular file or directory, by the type in `mode`. E_EXIST; E_NOSPC; E_ROFS; E_MLINK. */
enum error ext2_create(struct ext2 *fs, struct inode *directory, struct ext2_name name,
                       uint32_t mode, struct inode **made) MUST_USE;
enum error ext2_symlink(struct ext2 *fs, struct inode *directory, struct ext2_name name,
                        const char *target, size_t length) MUST_USE;
enum error ext2_link(struct ext2 *fs, struct inode *inode, struct inode *directory,
                     struct ext2_name name) MUST_USE;
/* Not of a directory: E_ISDIR. The file stays while it is in use. */
enum error ext2_unlink(struct ext2 *fs, struct inode *directory, struct ext2_name name) MUST_USE;
/* E_NOTEMPTY; E_NOTDIR. */
enum error ext2_remove_directory(struct ext2 *fs, struct inode *directory,
                                 struct ext2_name name) MUST_USE;
/* By the rules of POSIX; E_INVAL: into its own subtree. */
enum error ext2_rename(struct ext2 *fs, struct inode *from, struct ext2_name old, struct inode *to,
                       struct ext2_name new) MUST_USE;
/* -> bytes of the target copied, or a negated error. */
long ext2_read_link(struct ext2 *fs, struct inode *inode, char *target, size_t size);
/* Fills whole records from *position on, which moves. -> bytes, 0 at the end, or a negated error.
 */
long ext2_read_directory(struct ext2 *fs, struct inode *directory, uint64_t *position,
                         void *records, size_t size);

/* ---- contents ---------------------------------------------------------------------------- */

/* Where bytes go to or come from: a caller's buffer in another process, or memory. -> E_OK, or what
 * ended the transfer. */
struct ext2_transfer {
    enum error (*copy)(void *context, uint64_t at, void *memory, size_t length);
    void *context;
    size_t length; /* bytes to be moved */
};

/* -> bytes moved, or a negated error if there are none. Reads end at the file's end. */
long ext2_read(struct ext2 *fs, struct inode *inode, uint64_t offset,
               const struct ext2_transfer *to);
/* E_NOSPC; E_FBIG. With `append` at the end of the file; *offset says where it was written. */
long ext2_write(struct ext2 *fs, struct inode *inode, uint64_t *offset, bool append,
                const struct ext2_transfer *from);
/* Longer or shorter. E_FBIG; E_ISDIR. */
enum error ext2_truncate(struct ext2 *fs, struct inode *inode, uint64_t size) MUST_USE;
