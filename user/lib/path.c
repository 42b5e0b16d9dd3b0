/* path.c - from a path to a channel: which server to ask, and the current directory.
 *
 * `/dev/NAME` is the channel that the name service knows under NAME, and what follows NAME is a
 * path inside that server. Any other absolute path goes to the root file server, a relative one to
 * the current directory's. The current directory is the channel at HANDLE_CWD, and beside it its
 * absolute path as text for getcwd, which exec hands on (AUX_DIRECTORY). The text is made by chdir
 * from the words of its argument. It is guarded by nothing: threads agree on who calls chdir.
 */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <octavo/names.h>
#include <octavo/program.h>
#include <proto/file.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static char directory_text[FILE_PATH_MAX + 1];

static long channel_open(int channel, const char *path, int flags, mode_t mode)
{
    struct message m = {.label = FILE_OPEN,
                        .word = {(uint64_t)flags, mode},
                        .buffer = (void *)path,
                        .length = strlen(path) | BUFFER_IN};

    return file_call_for_handle(channel, &m);
}

/* The text behind `/dev/`, with any number of slashes for each; NULL for other paths. */
static const char *device_name(const char *path)
{
    const char *name = path + strspn(path, "/");

    if (name == path || strncmp(name, "dev/", 4) != 0)
        return NULL;
    name += 4 + strspn(name + 4, "/");
    return *name == '\0' ? NULL : name;
}

static long device_open(const char *name, int flags, mode_t mode)
{
    size_t length = strcspn(name, "/");
    const char *rest = name + length + strspn(name + length, "/");
    long channel = name_lookup(name, length, false);
    long file;

    if (channel < 0)
        return channel;
    file = channel_open((int)channel, rest, flags, mode);
    handle_close((int)channel);
    return file;
}

long path_open(int directory, const char *path, int flags, mode_t mode)
{
    const char *device;
    long file;

    if (*path == '\0')
        return -E_NOENT;
    if (strlen(path) > FILE_PATH_MAX)
        return -E_NAMETOOLONG;

    device = device_name(path);
    if (device != NULL)
        file = device_open(device, flags & ~O_CLOEXEC, mode);
    else
        file = channel_open(*path == '/' ? HANDLE_ROOT : directory, path, flags & ~O_CLOEXEC, mode);
    if (file >= 0 && (flags & O_CLOEXEC) != 0)
        handle_control((int)file, HANDLE_SET_FLAGS, HANDLE_CLOEXEC);
    return file;
}

const char *path_directory(void)
{
    if (directory_text[0] == '\0') {
        const char *given = (const char *)getauxval(AUX_DIRECTORY);

        strlcpy(directory_text, given != NULL ? given : "/", sizeof(directory_text));
    }
    return directory_text;
}

/* Appends one name of a path to an absolute path without final slash ("" for the root): `.` stays,
 * `..` goes up. -> false when it does not fit. */
static bool append_name(char *text, size_t size, const char *name, size_t length)
{
    size_t end = strlen(text);

    if (length == 0 || (length == 1 && name[0] == '.'))
        return true;
    if (length == 2 && name[0] == '.' && name[1] == '.') {
        char *slash = strrchr(text, '/');

        if (slash != NULL)
            *slash = '\0';
        return true;
    }
    if (end + 1 + length + 1 > size)
        return false;
    text[end] = '/';
    memcpy(text + end + 1, name, length);
    text[end + 1 + length] = '\0';
    return true;
}

static bool append_path(char *text, size_t size, const char *path)
{
    while (*path != '\0') {
        size_t length = strcspn(path, "/");

        if (!append_name(text, size, path, length))
            return false;
        path += length + strspn(path + length, "/");
    }
    return true;
}

/* The absolute path of `path`, without `.`, `..` and needless slashes. */
static bool make_absolute(char *text, size_t size, const char *path)
{
    text[0] = '\0';
    if (*path != '/' && !append_path(text, size, path_directory()))
        return false;
    if (!append_path(text, size, path))
        return false;
    if (text[0] == '\0')
        strlcpy(text, "/", size);
    return true;
}

static long change_directory(const char *path)
{
    char text[sizeof(directory_text)];
    long directory = path_open(HANDLE_CWD, path, O_RDONLY | O_DIRECTORY, 0);
    long result;

    if (directory < 0)
        return directory;
    if (make_absolute(text, sizeof(text), path))
        result = handle_dup((int)directory, HANDLE_CWD, RIGHTS_ALL, 0);
    else
        result = -E_NAMETOOLONG;
    handle_close((int)directory);
    if (result < 0)
        return result;
    memcpy(directory_text, text, sizeof(text));
    return 0;
}

int chdir(const char *path) { return (int)posix_result(change_directory(path)); }

char *getcwd(char *buffer, size_t size)
{
    const char *text = path_directory();

    if (buffer == NULL)
        return strdup(text);
    if (size == 0 || strlen(text) >= size) {
        errno = size == 0 ? EINVAL : ERANGE;
        return NULL;
    }
    return strcpy(buffer, text);
}
