/* realpath.c - the one absolute path of a file, without links, `.` and `..`.
 *
 * Servers know the paths of directories. So the last name is looked at here: while it is a link,
 * the path is the link's target; then the directory that holds it is asked for its path.
 */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LINKS_MAX = 40 };

struct real_path {
    char text[FILE_PATH_MAX + 1]; /* the path so far */
    struct path_parts parts;
    struct path_reply reply;
};

static long path_of_directory(const char *path, char *text)
{
    long directory = path_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    long length;

    if (directory < 0)
        return directory;
    length = directory_path((int)directory, text, FILE_PATH_MAX + 1);
    handle_close((int)directory);
    return length;
}

/* Appends to text. -> 0, or E_NAMETOOLONG. */
static long append(char *text, const char *more)
{
    return strlcat(text, more, FILE_PATH_MAX + 1) > FILE_PATH_MAX ? -E_NAMETOOLONG : 0;
}

/* The link at real->text: the target takes its place. */
static long follow(struct real_path *real)
{
    char target[FILE_PATH_MAX + 1];
    long length = path_read_link(AT_FDCWD, real->text, &real->reply);

    if (length < 0)
        return length;
    memcpy(target, real->reply.buffer, (size_t)length);
    target[length] = '\0';
    if (target[0] == '/')
        real->text[0] = '\0';
    else
        strcpy(real->text, real->parts.directory);
    return append(real->text, target);
}

/* The file at real->text is no directory. */
static long path_of_file(struct real_path *real)
{
    const char *directory = real->parts.directory;
    long result = path_of_directory(*directory != '\0' ? directory : ".", real->text);

    if (result >= 0 && strcmp(real->text, "/") != 0)
        result = append(real->text, "/");
    return result < 0 ? result : append(real->text, real->parts.name);
}

static long find(struct real_path *real)
{
    for (int links = 0; links <= LINKS_MAX; links++) {
        struct file_status status;
        long result = path_status(AT_FDCWD, real->text, FILE_NO_FOLLOW, &status);

        if (result == 0)
            result = path_split(real->text, &real->parts);
        if (result < 0)
            return result;
        if (S_ISDIR(status.mode))
            return path_of_directory(real->text, real->text);
        if (!S_ISLNK(status.mode))
            return path_of_file(real);
        result = follow(real);
        if (result < 0)
            return result;
    }
    return -E_LOOP;
}

char *realpath(const char *restrict path, char *restrict resolved)
{
    struct real_path *real;
    char *answer = NULL;
    long result;

    if (path == NULL) {
        errno = EINVAL;
        return NULL;
    }
    real = malloc(sizeof(*real));
    if (real == NULL)
        return NULL;
    result =
        strlcpy(real->text, path, sizeof(real->text)) > FILE_PATH_MAX ? -E_NAMETOOLONG : find(real);
    if (posix_result(result) >= 0)
        answer = resolved != NULL ? strcpy(resolved, real->text) : strdup(real->text);
    free(real);
    return answer;
}
