#pragma once
/* stream.h - streams as the library keeps them under FILE. */
#include <stdio-bufio.h>
#include <stdio.h>
#include <sys/queue.h>

struct stream {
    struct __file_bufio base; /* first: a FILE * is a struct stream * */
    LIST_ENTRY(stream) link;  /* of all streams but the standard ones */
};

/* Sets up a stream over the descriptor `fd`; `flags`: _FDEV_SETUP_READ, WRITE or RW. It has no lock
 * yet. */
void stream_init(struct stream *stream, int fd, int flags, char *buffer, int size);

/* Flushes and closes. -> 0 or EOF. The memory stays the caller's. */
int stream_finish(struct stream *stream);

/* Enters a stream in the list of those that fflush(NULL) and exit flush, and takes it out. */
void stream_enlist(struct stream *stream);
void stream_delist(struct stream *stream);
