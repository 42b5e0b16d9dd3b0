/* fopen.c - fopen and fdopen: streams that are allocated.
 *
 * They replace the C library's, whose streams exit would not flush.
 */
#include "lock.h"
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STREAM_BUFFER = 4096 };

struct file_stream {
    struct stream stream; /* first: it is freed by this address */
    struct __lock lock;
    char buffer[STREAM_BUFFER];
};

/* The mode of fopen as O_ flags, or -1. */
static int open_flags(const char *mode)
{
    int access = strchr(mode, '+') != NULL ? O_RDWR : O_WRONLY;
    int more =
        (strchr(mode, 'e') != NULL ? O_CLOEXEC : 0) | (strchr(mode, 'x') != NULL ? O_EXCL : 0);

    switch (mode[0]) {
    case 'r':
        return (access == O_RDWR ? O_RDWR : O_RDONLY) | more;
    case 'w':
        return access | O_CREAT | O_TRUNC | more;
    case 'a':
        return access | O_CREAT | O_APPEND | more;
    default:
        errno = EINVAL;
        return -1;
    }
}

static int stream_flags(int flags)
{
    switch (flags & O_ACCMODE) {
    case O_RDONLY:
        return _FDEV_SETUP_READ;
    case O_WRONLY:
        return _FDEV_SETUP_WRITE;
    default:
        return _FDEV_SETUP_RW;
    }
}

static int file_close(FILE *file)
{
    struct stream *stream = (struct stream *)file;
    int result;

    stream_delist(stream);
    result = stream_finish(stream);
    free(stream);
    return result;
}

static FILE *file_stream_new(int fd, int flags)
{
    struct file_stream *new = malloc(sizeof(*new));

    if (new == NULL)
        return NULL;
    new->lock = (struct __lock){0};
    stream_init(&new->stream, fd, stream_flags(flags), new->buffer, sizeof(new->buffer));
    new->stream.base.lock = &new->lock;
    new->stream.base.xfile.cfile.close = file_close;
    stream_enlist(&new->stream);
    return (FILE *)new;
}

FILE *fdopen(int fd, const char *mode)
{
    int flags = open_flags(mode);
    FILE *file;

    if (flags < 0)
        return NULL;
    file = file_stream_new(fd, flags);
    if (file != NULL && (flags & O_APPEND) != 0)
        fseeko(file, 0, SEEK_END);
    return file;
}

FILE *fopen(const char *path, const char *mode)
{
    int flags = open_flags(mode);
    int fd = flags < 0 ? -1 : open(path, flags, 0666);
    FILE *file;

    if (fd < 0)
        return NULL;
    file = fdopen(fd, mode);
    if (file == NULL)
        close(fd);
    return file;
}
