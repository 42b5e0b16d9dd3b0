#pragma once
/* file_server.h - what all file servers share: paths, links, open files, mounts, the file protocol.
 *
 * A server states what its file system can do with nodes (struct file_operations) and calls
 * file_server_run; resolving paths and symbolic links, O_ flags and modes, positions, mounts,
 * FILE_GO_ON and every label of proto/file.h are done here. A *node* is the file system's own
 * record of one file; whoever gets one from an operation holds it until `put`. While a file's node
 * is held, every operation that finds the file gives that same node: mounts and `..` are told by
 * the pointer.
 *
 * With `threads` above one, operations run in several threads at once, and the file system has
 * locks of its own; no lock of this library is held while one runs but that of an open file's
 * position, by the transfer that moves it.
 *
 * Operations give 0 or an error, and transfers a count or a negated error. What is NULL answers
 * E_ROFS if it would change something, else E_NOSYS. Names are never `.`, `..`, empty, longer than
 * FILE_NAME_MAX or with a `/`, except that `look_up` is asked for `..` as well (at the root: the
 * root). Whether a node is of the right type, and the mode permits, has been checked, but it may
 * have changed since; that nothing, or something, stands at a name is the operation's to check.
 */
#include <octavo/server.h>
#include <proto/file.h>

#include <stdbool.h>

struct file_node; /* the file system's */
struct file_system;

struct file_name {
    const char *text; /* no NUL at the end */
    size_t length;
};

/* The caller's buffer, of which a part has been moved. */
struct file_transfer {
    uint64_t token;
    uint64_t at;   /* in the buffer: where the next byte goes or comes from */
    size_t length; /* that are left */
};

/* Copies to, or from, the caller's buffer and counts it as moved. */
enum error file_transfer_out(struct file_transfer *transfer, const void *source,
                             size_t length) MUST_USE;
enum error file_transfer_in(struct file_transfer *transfer, void *destination,
                            size_t length) MUST_USE;

struct file_operations {
    enum error (*root)(struct file_system *fs, struct file_node **node);
    void (*hold)(struct file_system *fs, struct file_node *node);
    void (*put)(struct file_system *fs, struct file_node *node);
    /* Type and permissions of sys/stat.h; the type never changes. */
    uint32_t (*mode)(struct file_system *fs, struct file_node *node);
    void (*stat)(struct file_system *fs, struct file_node *node, struct file_status *status);
    enum error (*change)(struct file_system *fs, struct file_node *node,
                         const struct file_change *change);

    enum error (*look_up)(struct file_system *fs, struct file_node *directory,
                          struct file_name name, struct file_node **found);
    /* A regular file or a directory, by the type in `mode`. */
    enum error (*create)(struct file_system *fs, struct file_node *directory, struct file_name name,
                         uint32_t mode, struct file_node **made);
    enum error (*symlink)(struct file_system *fs, struct file_node *directory,
                          struct file_name name, const char *target, size_t length);
    enum error (*link)(struct file_system *fs, struct file_node *node, struct file_node *directory,
                       struct file_name name);
    enum error (*unlink)(struct file_system *fs, struct file_node *directory,
                         struct file_name name);
    enum error (*remove_directory)(struct file_system *fs, struct file_node *directory,
                                   struct file_name name);
    enum error (*rename)(struct file_system *fs, struct file_node *from, struct file_name old,
                         struct file_node *to, struct file_name new);
    long (*read_link)(struct file_system *fs, struct file_node *node, char *target, size_t size);
    /* Fills whole struct file_entry records from *position on, which moves; 0 at the end. */
    long (*read_directory)(struct file_system *fs, struct file_node *directory, uint64_t *position,
                           void *records, size_t size);

    long (*read)(struct file_system *fs, struct file_node *node, uint64_t offset,
                 struct file_transfer *to);
    /* With `append` at the end, and *offset says where that was. */
    long (*write)(struct file_system *fs, struct file_node *node, uint64_t *offset, bool append,
                  struct file_transfer *from);
    enum error (*truncate)(struct file_system *fs, struct file_node *node, uint64_t size);
    enum error (*sync)(struct file_system *fs, struct file_node *node, enum file_sync what);
    void (*status)(struct file_system *fs, struct file_system_status *status);
    /* A memory object with RIGHT_MAP and RIGHT_DUP, which stays the file system's. -> handle. */
    long (*map)(struct file_system *fs, struct file_node *node, enum file_map kind);
    /* It is not mounted any more: everything is to be on the device. Files may still be open. */
    enum error (*detach)(struct file_system *fs);
};

struct file_system {
    const struct file_operations *operations;
    void *context;  /* the file system's own */
    bool read_only; /* everything that would change something is E_ROFS */
    unsigned threads;

    /* Messages that are not the file protocol's, news of the kernel, pager's messages: as in struct
     * server. May be NULL. */
    long (*handle)(struct server *server, struct message *request, struct message *reply);
    void (*closed)(struct server *server, uint64_t badge);
    void (*event)(struct server *server, uint64_t badge, uint64_t bits);
};

/* Badges of open files have this bit, so that a server's own are told from them. The root's channel
 * has badge FILE_SERVER_ROOT and is always open: it outlives a server that is started anew. */
#define FILE_SERVER_BADGE (1ull << 63)
enum { FILE_SERVER_ROOT = 0 };

/* Serves at START_PORT, and registers the root under `name`. Returns only if it cannot begin. */
long file_server_run(struct file_system *fs, const char *name);
