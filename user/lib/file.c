/* file.c - descriptors that are files: open, read, write, seek and what else a file server does.
 *
 * A descriptor is a handle of a channel to the server (proto/file.h): no table stands here, and
 * the offset is the server's. A transfer of any size is one message.
 */
#include "posix.h"

#include <fcntl.h>
#include <octavo/ipc.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

/* What one message moves at most: its length has 32 bits, a count must not look negative. */
#define TRANSFER_MAX ((size_t)1 << 30)

enum { CREATE_MODE = S_ISUID | S_ISGID | S_ISVTX | S_IRWXU | S_IRWXG | S_IRWXO };

static void drop_handle(struct message *m)
{
    if (message_has_handle(m))
        handle_close(message_take_handle(m));
}

long file_call(int file, struct message *m)
{
    long status = message_call(file, m);

    drop_handle(m);
    return status == -E_NOSYS ? -E_INVAL : status;
}

long file_call_for_handle(int channel, struct message *m)
{
    long status = message_call(channel, m);

    if (status >= 0)
        return message_has_handle(m) ? message_take_handle(m) : -E_IO;
    drop_handle(m);
    return status == -E_NOSYS ? -E_INVAL : status;
}

/* A count that exceeds what was asked for is a server's lie. */
static long transfer(int file, struct message *m, size_t size)
{
    long count = file_call(file, m);

    return count > (long)size ? -E_IO : count;
}

static size_t transfer_size(size_t size) { return size < TRANSFER_MAX ? size : TRANSFER_MAX; }

long file_read(int file, void *buffer, size_t size, uint64_t offset)
{
    size_t length = transfer_size(size);
    struct message m = {
        .label = FILE_READ, .word = {offset}, .buffer = buffer, .length = length | BUFFER_OUT};

    return transfer(file, &m, length);
}

long file_write(int file, const void *buffer, size_t size, uint64_t offset)
{
    size_t length = transfer_size(size);
    struct message m = {.label = FILE_WRITE,
                        .word = {offset},
                        .buffer = (void *)buffer,
                        .length = length | BUFFER_IN};

    return transfer(file, &m, length);
}

ssize_t read(int file, void *buffer, size_t size)
{
    return posix_result(file_read(file, buffer, size, FILE_AT_POSITION));
}

ssize_t write(int file, const void *buffer, size_t size)
{
    return posix_result(file_write(file, buffer, size, FILE_AT_POSITION));
}

ssize_t pread(int file, void *buffer, size_t size, off_t offset)
{
    return posix_result(offset < 0 ? -E_INVAL : file_read(file, buffer, size, (uint64_t)offset));
}

ssize_t pwrite(int file, const void *buffer, size_t size, off_t offset)
{
    return posix_result(offset < 0 ? -E_INVAL : file_write(file, buffer, size, (uint64_t)offset));
}

off_t lseek(int file, off_t offset, int whence)
{
    struct message m = {.label = FILE_SEEK, .word = {(uint64_t)offset, (uint64_t)whence}};

    return posix_result(file_call(file, &m));
}

static long truncate_file(int file, off_t length)
{
    struct message m = {.label = FILE_TRUNCATE, .word = {(uint64_t)length}};
    long result = file_call(file, &m);

    return result > 0 ? 0 : result;
}

int ftruncate(int file, off_t length)
{
    return (int)posix_result(length < 0 ? -E_INVAL : truncate_file(file, length));
}

static long truncate_path(const char *path, off_t length)
{
    long file = path_open(AT_FDCWD, path, O_WRONLY, 0);
    long result;

    if (file < 0)
        return file;
    result = truncate_file((int)file, length);
    handle_close((int)file);
    return result;
}

int truncate(const char *path, off_t length)
{
    return (int)posix_result(length < 0 ? -E_INVAL : truncate_path(path, length));
}

/* The mode argument that follows flags with O_CREAT. */
static mode_t create_mode(int flags, va_list arguments)
{
    return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) & CREATE_MODE & ~mode_mask() : 0;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = create_mode(flags, arguments);
    va_end(arguments);
    return (int)posix_result(path_open(AT_FDCWD, path, flags, mode));
}

int openat(int directory, const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;

    va_start(arguments, flags);
    mode = create_mode(flags, arguments);
    va_end(arguments);
    return (int)posix_result(path_open(directory, path, flags, mode));
}

int creat(const char *path, mode_t mode) { return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
