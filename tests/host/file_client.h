#pragma once
/* file_client.h - calls to a file server of the library, in the same process. */
#include <octavo/file_server.h>

#include <stdbool.h>

/* Serves `fs` from now on. */
void client_begin(struct file_system *fs);

/* One request through the channel with that badge, as a kernel and a server's loop carry it: the
 * reply's label and words come back in *m. -> status. */
long client_call(uint64_t badge, struct message *m);

/* A request with a path (and what follows its NUL), whose buffer takes answers too. The rest of a
 * path that leaves the server is in client_rest. */
struct client_request {
    uint64_t badge, label, word[2];
    const char *path, *extra;
};
long client_send(const struct client_request *request);
#define client_path(badge, label, w0, w1, path, extra) \
    client_send(&(struct client_request){badge, label, {w0, w1}, path, extra})
extern struct message client_reply;
extern char client_rest[2 * FILE_PATH_MAX + 2];

/* -> a channel, or a negated error, or FILE_GO_ON. */
long client_open(uint64_t badge, const char *path, int flags, unsigned mode);
void client_close(int channel);

/* Read, write and the like. */
long client_transfer(int channel, uint64_t label, uint64_t w0, void *buffer, size_t size);
long client_words(int channel, uint64_t label, uint64_t w0, uint64_t w1);

/* FILE_RENAME or FILE_LINK as the C library makes them of two paths. */
long client_move(uint64_t badge, uint64_t label, const char *old, const char *new);

/* What has to go well in a test; a file holds `text`. */
void client_make_file(const char *path, const char *text);
void client_make_directory(const char *path);
void client_make_link(const char *path, const char *target);

/* -> status, of a path from the root. */
long client_unlink(const char *path);
long client_remove(const char *path); /* a directory */
long client_stat(const char *path, uint64_t flags);

/* FILE_MOUNT of a channel with that badge; FILE_ATTACH with a channel, or without: HANDLE_NONE. */
long client_mount(const char *path, uint64_t badge);
long client_unmount(const char *path);
long client_attach(const char *path, int parent);

/* Is nothing left open, and nothing mounted? */
bool client_is_clean(void);
