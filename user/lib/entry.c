/* entry.c - what makes and removes one name in a directory; for two names at once see link.c. */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIRECTORY_MODE = S_IRWXU | S_IRWXG | S_IRWXO | S_ISVTX };

/* ---- directories ----------------------------------------------------------------------------- */

int mkdirat(int directory, const char *path, mode_t mode)
{
    struct path_request request = {
        .label = FILE_MAKE_DIRECTORY,
        .word = {mode & DIRECTORY_MODE & ~mode_mask()},
    };

    return (int)posix_result(path_tell(directory, path, &request));
}

int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

/* ---- removing -------------------------------------------------------------------------------- */

int unlinkat(int directory, const char *path, int flags)
{
    struct path_request request = {
        .label = FILE_UNLINK,
        .word = {(flags & AT_REMOVEDIR) != 0 ? FILE_REMOVE_DIRECTORY : 0},
    };

    if ((flags & ~AT_REMOVEDIR) != 0)
        return (int)posix_result(-E_INVAL);
    return (int)posix_result(path_tell(directory, path, &request));
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int remove(const char *path)
{
    int result = unlink(path);

    return result != 0 && errno == EISDIR ? rmdir(path) : result;
}

/* ---- symbolic links -------------------------------------------------------------------------- */

static long make_link(const char *target, int directory, const char *path)
{
    struct path_request request = {.label = FILE_SYMLINK, .after = target};

    if (*target == '\0')
        return -E_NOENT;
    if (strnlen(target, FILE_PATH_MAX + 1) > FILE_PATH_MAX)
        return -E_NAMETOOLONG;
    return path_tell(directory, path, &request);
}

int symlinkat(const char *target, int directory, const char *path)
{
    return (int)posix_result(make_link(target, directory, path));
}

int symlink(const char *target, const char *path) { return symlinkat(target, AT_FDCWD, path); }

long path_read_link(int directory, const char *path, struct path_reply *reply)
{
    struct path_request request = {.label = FILE_READ_LINK};
    long length = path_call(directory, path, &request, reply);

    return length > FILE_PATH_MAX ? -E_IO : length;
}

ssize_t readlinkat(int directory, const char *restrict path, char *restrict target, size_t size)
{
    struct path_reply reply;
    long length;

    if (size == 0)
        return posix_result(-E_INVAL);
    length = path_read_link(directory, path, &reply);
    if (length > (long)size)
        length = (long)size;
    if (length > 0)
        memcpy(target, reply.buffer, (size_t)length);
    return posix_result(length);
}

ssize_t readlink(const char *restrict path, char *restrict target, size_t size)
{
    return readlinkat(AT_FDCWD, path, target, size);
}
