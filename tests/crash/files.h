#pragma once
/* files.h - a few files and directories on ext2 that are changed one operation at a time, and what
 * of them may be there after a loss of power.
 *
 * There are nine names, each of which is free, a file, a directory or a symbolic link. The byte of
 * a file at some offset follows from the file and the offset, so contents that were never written
 * stand out. What there was after each operation is remembered.
 */
#include "ext2/image.h"
#include "untrusted.h"

enum { FILES_NAMES = 9, FILES_MAX = 64, FILES_BYTES_MAX = 40000, FILES_STEPS_MAX = 200 };

enum files_action {
    FILES_CREATE,
    FILES_APPEND,
    FILES_TRUNCATE,
    FILES_UNLINK,
    FILES_LINK,
    FILES_RENAME,
    FILES_MKDIR,
    FILES_RMDIR,
    FILES_SYMLINK,
    FILES_SYNC_FILE,
    FILES_SYNC,
    FILES_TICK,
    FILES_ACTIONS,
};

struct files_operation {
    enum files_action action;
    unsigned from, to;
    uint32_t bytes; /* to append; of the file's size, to truncate to */
};

struct files_state {
    int name[FILES_NAMES]; /* 0: free; a file's number; or one of the below */
    uint32_t size[FILES_MAX];
};
enum { FILES_DIRECTORY = -1, FILES_LINKED = -2 };

/* What must be there after a loss of power: all names up to an operation, and of each file that was
 * synced itself the bytes that it had. */
struct files_safe {
    unsigned step;
    uint32_t kept[FILES_MAX];
};

struct files {
    struct ext2 *fs;
    struct disk_log *log;
    struct files_state after[FILES_STEPS_MAX]; /* each operation that changed something; 0: none */
    struct files_operation done[FILES_STEPS_MAX]; /* [i] leads to after[i] */
    unsigned steps;
    int count;                               /* of files, ever */
    unsigned last[FILES_MAX];                /* operation that changed the file */
    struct files_safe safe[FILES_STEPS_MAX]; /* after each sync; 0: none */
    unsigned syncs;
    struct files_safe now; /* as of the last sync, less what was cut off since */
};

/* On a new file system. Each sync is marked in the log with its number. */
void files_begin(struct files *files, struct ext2 *fs, struct disk_log *log);

/* It was unmounted: all is safe. */
void files_end(struct files *files);

/* Does it, if it makes sense as things are. False: it did not. */
bool files_do(struct files *files, const struct files_operation *operation);

/* All that was done. */
void files_print(const struct files *files);

struct files_operation files_some_operation(struct chance *chance);

/* Mounts what is on the disk after the power went after sync `sync`, looks at it, and unmounts.
 * -> NULL, or what is wrong. */
const char *files_check(const struct files *files, struct memory_disk *disk, uint64_t sync);
