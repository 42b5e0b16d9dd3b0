#pragma once
/* ramfs.h - a file system in memory: its nodes, and what the parts of it ask of each other.
 *
 * One thread serves; nothing here is locked. All memory that a client can make it use, but for open
 * files, is charged to a limit (space.h), so that the limit, and nothing else, gives E_NOSPC.
 */
#include <octavo/file_server.h>

#include <sys/tree.h>

#include "pages.h"

/* One name in a directory. */
struct entry {
    RB_ENTRY(entry) by_name, by_number;
    uint64_t number; /* grows with each entry made: where a reader of the directory stands */
    struct file_node *node;
    size_t length;
    char text[]; /* the name, and a NUL */
};

RB_HEAD(names, entry);
RB_HEAD(numbers, entry);

struct file_node {
    uint64_t inode;
    uint32_t mode; /* type and permissions */
    uint32_t links;
    uint32_t holders; /* what keeps it besides `links`; the children of a directory do */
    uint32_t user, group;
    int64_t accessed_ns, modified_ns, changed_ns;
    uint64_t size; /* of contents, or of a link's target; entries of a directory */
    union {
        struct pages pages; /* a file's */
        char *target;       /* a link's, with a NUL */
        struct {
            struct names names;
            struct numbers numbers;
            uint64_t next_number;
            struct file_node *parent; /* held; the root's is itself, and is not */
        };                            /* a directory's */
    };
};

/* ---- node.c ---- */

/* `mode` with its type; neither held nor linked yet; of a directory nothing but the parent. NULL:
 * no space. */
struct file_node *node_make(uint32_t mode);
void node_hold(struct file_node *node);
/* What nobody holds and nothing names is freed. */
void node_put(struct file_node *node);
void node_free(struct file_node *node); /* one that was never held or linked */
bool node_is_directory(const struct file_node *node);
int64_t node_now_ns(void);
/* Contents, or names, have changed. */
void node_modified(struct file_node *node);
void node_describe(const struct file_node *node, struct file_status *status);
void node_change(struct file_node *node, const struct file_change *change);

/* ---- entries.c ---- */

/* NULL: there is none. */
struct entry *entry_find(struct file_node *directory, struct file_name name);
/* Not in a directory yet. NULL: no space. */
struct entry *entry_make(struct file_name name);
void entry_free(struct entry *entry);
/* The node is linked there from now on: its links, or those of the directory, are counted. */
void entry_insert(struct file_node *directory, struct entry *entry, struct file_node *node);
/* The reverse. The entry stays the caller's; the node is not put. */
void entry_remove(struct file_node *directory, struct entry *entry);
/* As read_directory of file_server.h. */
long entries_fill(struct file_node *directory, uint64_t *position, char *records, size_t size);

/* ---- names.c, contents.c, operations.c: as the operations of file_server.h ---- */

enum error ramfs_look_up(struct file_system *fs, struct file_node *directory, struct file_name name,
                         struct file_node **found);
enum error ramfs_create(struct file_system *fs, struct file_node *directory, struct file_name name,
                        uint32_t mode, struct file_node **made);
enum error ramfs_symlink(struct file_system *fs, struct file_node *directory, struct file_name name,
                         const char *target, size_t length);
enum error ramfs_link(struct file_system *fs, struct file_node *node, struct file_node *directory,
                      struct file_name name);
enum error ramfs_unlink(struct file_system *fs, struct file_node *directory, struct file_name name);
enum error ramfs_remove_directory(struct file_system *fs, struct file_node *directory,
                                  struct file_name name);
enum error ramfs_rename(struct file_system *fs, struct file_node *from, struct file_name old,
                        struct file_node *to, struct file_name new);
long ramfs_read(struct file_system *fs, struct file_node *node, uint64_t offset,
                struct file_transfer *to);
long ramfs_write(struct file_system *fs, struct file_node *node, uint64_t *offset, bool append,
                 struct file_transfer *from);
enum error ramfs_truncate(struct file_system *fs, struct file_node *node, uint64_t size);

/* Makes an empty file system, limited to `limit` bytes. E_NOSPC: too few for a root. */
enum error ramfs_begin(uint64_t limit) MUST_USE;
