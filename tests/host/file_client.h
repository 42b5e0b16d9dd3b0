#pragma once
/* file_client.h - calls to a file server of the library, in the same process. */
#include <octavo/file_server.h>

#include <stdbool.h>

/* Serves `fs` from now on. */
void client_begin(struct file_system *fs);

/* One request through the channel with that badge, as a kernel and a server's loop carry it: the
 * reply's label and words come back in *m. -> status. */
long client_call(uint64_t badge, struct message *m);

/* A request with a path (and what follows its NUL, `extra` bytes with it), whose buffer takes
 * answers too. The rest of a path that leaves the server is in client_rest. */
long client_path(uint64_t badge, uint64_t label, uint64_t w0, uint64_t w1, const char *path,
                 const char *extra);
extern struct message client_reply;
extern char client_rest[2 * FILE_PATH_MAX + 2];

/* -> a channel, or a negated error, or FILE_GO_ON. */
long client_open(uint64_t badge, const char *path, int flags, unsigned mode);
void client_close(int channel);

/* Read, write and the like: `direction` BUFFER_IN or BUFFER_OUT. */
long client_transfer(int channel, uint64_t label, uint64_t w0, void *buffer, size_t size,
                     uint64_t direction);
long client_words(int channel, uint64_t label, uint64_t w0, uint64_t w1);

/* FILE_RENAME or FILE_LINK as the C library makes them of two paths. */
long client_move(uint64_t badge, uint64_t label, const char *old, const char *new);

/* Is nothing left open, and nothing mounted? */
bool client_is_clean(void);
