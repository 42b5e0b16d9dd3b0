/* working.c - the current directory: the channel at HANDLE_CWD, which fork and exec hand on.
 *
 * Its path is not kept: the server is asked, so that it is right after a rename, too. Threads agree
 * on who changes it.
 */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long enter(int directory)
{
    struct file_status status;
    long result = file_status(directory, &status);

    if (result < 0)
        return result;
    if (!S_ISDIR(status.mode))
        return -E_NOTDIR;
    result = handle_dup(directory, HANDLE_CWD, RIGHTS_ALL, 0);
    return result < 0 ? result : 0;
}

static long enter_path(const char *path)
{
    long directory = path_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    long result;

    if (directory < 0)
        return directory;
    result = enter((int)directory);
    handle_close((int)directory);
    return result;
}

int chdir(const char *path) { return (int)posix_result(enter_path(path)); }

int fchdir(int directory)
{
    return (int)posix_result(is_descriptor(directory) ? enter(directory) : -E_BADF);
}

long directory_path(int directory, char *text, size_t size)
{
    struct message m = {.label = FILE_GET_PATH, .buffer = text, .length = (size - 1) | BUFFER_OUT};
    long length = file_call(directory, &m);

    if (length < 0)
        return length;
    if (length == 0 || length > (long)size - 1)
        return -E_IO;
    text[length] = '\0';
    return length;
}

char *getcwd(char *buffer, size_t size)
{
    char text[FILE_PATH_MAX + 1];
    long length;

    if (buffer != NULL && size == 0) {
        errno = EINVAL;
        return NULL;
    }
    length = directory_path(HANDLE_CWD, text, sizeof(text));
    if (length >= 0 && size != 0 && (size_t)length >= size)
        length = -E_RANGE;
    if (posix_result(length) < 0)
        return NULL;
    if (buffer == NULL)
        buffer = malloc(size != 0 ? size : (size_t)length + 1);
    return buffer != NULL ? strcpy(buffer, text) : NULL;
}
