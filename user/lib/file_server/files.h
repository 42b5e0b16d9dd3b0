#pragma once
/* files.h - open files: which node, how it was opened, and the position in it.
 *
 * A file is named by the badge of its channel. FILE_SERVER_ROOT is the root directory, always open,
 * so that the channel which a client got at its start outlives this server. Other badges have
 * FILE_SERVER_BADGE and carry a number drawn at the server's start: those of an earlier server name
 * nothing here.
 *
 * A record that is in use stays, though its channel is closed meanwhile.
 */
#include <octavo/file_server.h>
#include <octavo/thread.h>

struct open_file {
    struct file_node *node;     /* held */
    struct mutex position_lock; /* guards position; held while a transfer moves it */
    uint64_t position;          /* bytes; in a directory what read_directory makes of it */
    uint32_t flags;             /* O_ access mode and status flags; atomic */
    uint32_t uses;              /* by requests being served, and one while its channel is open */
    uint32_t place;             /* in the table */
    uint32_t next_free;         /* place, 0: none */
};

/* Takes over the hold of `root`. start: differs from that of every other server alive. */
void files_init(uint32_t start, struct file_node *root);

struct file_node *files_root(void);

/* Makes a record, which takes over the hold of `node`, and its badge. E_NOMEM: `node` stays the
 * caller's. */
enum error files_open(struct file_node *node, uint32_t flags, uint64_t *badge) MUST_USE;

/* The file that the badge names, in use until files_done. NULL: there is no such file. */
struct open_file *files_use(uint64_t badge);
void files_done(struct file_system *fs, struct open_file *file);

/* The channel is closed. Unknown badges, and the root's, are passed over. */
void files_close(struct file_system *fs, uint64_t badge);

/* A number that names the file, and is no other server's: the badge, but for the root. */
uint64_t files_number(const struct open_file *file);
struct open_file *files_use_number(uint64_t number);

/* How many are open, without the root. */
uint32_t files_count(void);
