#pragma once
/* mounts.h - what is mounted on directories of this server, and where it is mounted itself.
 *
 * Channels are given out as duplicates, so that one in use survives an unmount.
 */
#include <octavo/file_server.h>

/* `node`, whose hold is taken over, shows the root that `channel`, taken over too, names. E_BUSY:
 * something is mounted there; E_NOMEM. Both stay the caller's then. */
enum error mounts_add(struct file_node *node, int channel) MUST_USE;

/* E_INVAL: nothing is mounted there. */
enum error mounts_remove(struct file_system *fs, struct file_node *node) MUST_USE;

bool mounts_has(const struct file_node *node);
bool mounts_any(void);

/* -> a channel to what is mounted there, the caller's; HANDLE_NONE; or a negated error of the
 * duplication, below HANDLE_NONE. */
long mounts_enter(const struct file_node *node);

/* This server is mounted at `path`, absolute and `length` bytes long; `parent`, taken over, is the
 * directory above. E_BUSY: it is mounted already. */
enum error mounts_attach(int parent, const char *path, size_t length) MUST_USE;
/* E_INVAL: it is not mounted. */
enum error mounts_detach(void) MUST_USE;
bool mounts_attached(void);
/* This server is the root of all: it will never be mounted. */
void mounts_refuse_attach(void);

/* -> a channel to the directory above, the caller's, or a negated error. */
long mounts_leave(void);

/* Copies the path where this server is mounted, without slash at its end: nothing when it is not
 * mounted. -> its length. */
size_t mounts_prefix(char path[FILE_PATH_MAX]);
