/* place.c - names and where they lead. */
#include "place.h"

#include "complain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The length of the path without slashes at its end, of which the root keeps one. */
static size_t trimmed_length(const char *path)
{
    size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/')
        length--;
    return length;
}

/* Where the last name begins. */
static size_t name_start(const char *path, size_t length)
{
    size_t start = length;

    while (start > 0 && path[start - 1] != '/')
        start--;
    return start == length ? 0 : start;
}

char *place_last_name(const char *path)
{
    size_t length = trimmed_length(path), start = name_start(path, length);

    return must(strndup(path + start, length - start));
}

char *place_folder(const char *path)
{
    size_t length = name_start(path, trimmed_length(path));

    if (length == 0)
        return must(strdup(path[0] == '/' ? "/" : "."));
    while (length > 1 && path[length - 1] == '/')
        length--;
    return must(strndup(path, length));
}

char *place_join(const char *folder, const char *name)
{
    size_t length = strlen(folder);
    char *path = must(malloc(length + strlen(name) + 2));

    memcpy(path, folder, length);
    if (length != 0 && folder[length - 1] != '/')
        path[length++] = '/';
    strcpy(path + length, name);
    return path;
}

bool place_is_folder(const char *path, bool follow)
{
    struct stat status;

    return (follow ? stat(path, &status) : lstat(path, &status)) == 0 && S_ISDIR(status.st_mode);
}

bool place_is_same(const struct stat *one, const struct stat *other)
{
    return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

bool place_is_inside(const char *path, const struct stat *folder)
{
    int here = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat status, below = {0};
    bool is_inside = false, is_top = false;

    while (here >= 0 && !is_inside && !is_top && fstat(here, &status) == 0) {
        is_inside = place_is_same(&status, folder);
        is_top = place_is_same(&status, &below);
        below = status;
        int above = openat(here, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        close(here);
        here = above;
    }
    if (here >= 0)
        close(here);
    return is_inside;
}

/* `.`, `..` and `/` are no names that something could get in a folder. */
static bool is_nameless(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, "/") == 0;
}

static int act_inside(const char *from, const char *folder, place_action *action)
{
    char *name = place_last_name(from);
    char *to = is_nameless(name) ? must(strdup(folder)) : place_join(folder, name);
    int status = action(from, to);

    free(to);
    free(name);
    return status;
}

int place_each(char **operands, int count, bool follow, place_action *action)
{
    int status = 0;

    if (count == 0)
        return complain("missing file operand");
    if (count == 1)
        return complain("missing destination file operand after %s", quoted(operands[0]));
    const char *last = operands[count - 1];
    if (!place_is_folder(last, follow)) {
        struct stat found;

        if (count == 2)
            return action(operands[0], last);
        errno = stat(last, &found) == 0 ? ENOTDIR : errno;
        return complain_errno("target %s", quoted(last));
    }
    for (int i = 0; i < count - 1; i++)
        status |= act_inside(operands[i], last, action);
    return status;
}
