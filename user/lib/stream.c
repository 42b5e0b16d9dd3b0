/* stream.c - what lies under FILE, and the standard streams.
 *
 * The C library gives characters and buffers (its <stdio-bufio.h>) and leaves to the system what
 * they are connected to. A stream on a terminal writes at the end of each line, another when its
 * buffer is full; which of the two it is, is asked at the first write. stderr has a buffer too, but
 * each function that writes to it ends with a flush (stream_error.c), so that one fprintf is one
 * message to the server. A read from stdin first flushes stdout; that is the C library's doing.
 *
 * The list of streams is guarded by the C library's lock, a stream's fields by its own lock.
 */
#include "stream.h"

#include "lock.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/lock.h>
#include <unistd.h>

enum { STANDARD_BUFFER = 4096, ERROR_BUFFER = 1024 };

static LIST_HEAD(, stream) streams = LIST_HEAD_INITIALIZER(streams);

/* Did this thread's last read fail? To __bufio_get, failure and end of file are the same. */
static _Thread_local bool read_failed;

/* ---- operations of a stream -------------------------------------------------------------- */

static ssize_t stream_read(int fd, void *buffer, size_t size)
{
    ssize_t count = read(fd, buffer, size);

    read_failed = count < 0;
    return count;
}

static int stream_get(FILE *file)
{
    int c = __bufio_get(file);

    return c == _FDEV_EOF && read_failed ? _FDEV_ERR : c;
}

static int stream_first_put(char c, FILE *file)
{
    struct stream *stream = (struct stream *)file;

    /* A caller that fetched this function before a run of characters comes here again. */
    if (file->put == stream_first_put) {
        int reason = errno; /* isatty sets it for what is no terminal, which is no error here */

        file->put = __bufio_put;
        if (isatty(stream->base.fd))
            stream->base.bflags |= __BLBF;
        errno = reason;
    }
    return __bufio_put(c, file);
}

/* Whoever chooses the mode is not overruled by the first write. */
static int stream_setvbuf(FILE *file, char *buffer, int mode, size_t size)
{
    file->put = __bufio_put;
    return __bufio_setvbuf(file, buffer, mode, size);
}

/* A standard stream that is closed can be neither read nor written. */
static int standard_close(FILE *file)
{
    int result = stream_finish((struct stream *)file);

    file->flags &= (uint8_t) ~(__SRD | __SWR);
    return result;
}

void stream_init(struct stream *stream, int fd, int flags, char *buffer, int size)
{
    stream->base = (struct __file_bufio)FDEV_SETUP_BUFIO(fd, buffer, size, stream_read, write,
                                                         lseek, close, (uint8_t)flags, 0);
    stream->base.xfile.cfile.file.put = stream_first_put;
    stream->base.xfile.cfile.file.get = stream_get;
    stream->base.xfile.setvbuf = stream_setvbuf;
}

int stream_finish(struct stream *stream)
{
    struct __file_bufio *base = &stream->base;
    int result = __bufio_flush(&base->xfile.cfile.file);

    if ((base->bflags & __BALL) != 0)
        free(base->buf);
    if (base->close(base->fd) != 0)
        result = EOF;
    return result < 0 ? EOF : 0;
}

/* ---- all streams ------------------------------------------------------------------------- */

void stream_enlist(struct stream *stream)
{
    __LIBC_LOCK();
    LIST_INSERT_HEAD(&streams, stream, link);
    __LIBC_UNLOCK();
}

void stream_delist(struct stream *stream)
{
    __LIBC_LOCK();
    LIST_REMOVE(stream, link);
    __LIBC_UNLOCK();
}

/* ---- the standard streams ---------------------------------------------------------------- */

static char input_buffer[STANDARD_BUFFER];
static char output_buffer[STANDARD_BUFFER];
static char error_buffer[ERROR_BUFFER];
static struct __lock locks[3];
static struct stream standard[3];

FILE *const stdin = (FILE *)&standard[STDIN_FILENO];
FILE *const stdout = (FILE *)&standard[STDOUT_FILENO];
FILE *const stderr = (FILE *)&standard[STDERR_FILENO];

static void standard_init(int fd, int flags, char *buffer, int size)
{
    stream_init(&standard[fd], fd, flags, buffer, size);
    standard[fd].base.lock = &locks[fd];
    standard[fd].base.xfile.cfile.close = standard_close;
}

/* Before other constructors, which may want to print. */
__attribute__((constructor(101))) static void streams_start(void)
{
    standard_init(STDIN_FILENO, _FDEV_SETUP_READ, input_buffer, sizeof(input_buffer));
    standard_init(STDOUT_FILENO, _FDEV_SETUP_WRITE, output_buffer, sizeof(output_buffer));
    standard_init(STDERR_FILENO, _FDEV_SETUP_WRITE, error_buffer, sizeof(error_buffer));
    stderr->put = __bufio_put;
}

static int flush_all(void)
{
    struct stream *stream;
    int result = fflush(stdout) | fflush(stderr);

    __LIBC_LOCK();
    LIST_FOREACH(stream, &streams, link)
        result |= fflush((FILE *)stream);
    __LIBC_UNLOCK();
    return result;
}

/* exit calls this after the functions of atexit. */
__attribute__((destructor(101))) static void streams_end(void) { flush_all(); }

/* As the C library's, which does not know NULL. */
int fflush(FILE *file)
{
    if (file == NULL)
        return flush_all();
    return file->flush != NULL ? file->flush(file) : 0;
}
