/* link.c - a new name for a file, beside its old one or instead of it.
 *
 * The message goes where the old path leads, and names the directory of the new one by a number
 * that its server gave (FILE_IDENTIFY): so both are in one file system or it is E_XDEV. The
 * directory stays open meanwhile.
 */
#include "posix.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Where the new name goes. */
struct new_place {
    struct path_parts parts;
    int directory;
    bool owned; /* opened for this */
    uint64_t number;
};

/* The directory that holds the path's last name. -> handle. */
static long open_parent(int directory, const char *parent)
{
    return path_open(directory, *parent != '\0' ? parent : ".", O_RDONLY | O_DIRECTORY, 0);
}

static long identify(int directory, uint64_t *number)
{
    struct message m = {.label = FILE_IDENTIFY};
    long status = file_call(directory, &m);

    *number = m.word[0];
    return status;
}

static void place_close(struct new_place *place)
{
    if (place->owned)
        handle_close(place->directory);
}

static long place_open(int directory, const char *path, struct new_place *place)
{
    long result = path_split(path, &place->parts);

    if (result < 0)
        return result;
    place->directory = HANDLE_CWD;
    place->owned = false;
    if (directory != AT_FDCWD || place->parts.directory[0] != '\0') {
        result = open_parent(directory, place->parts.directory);
        if (result < 0)
            return result;
        place->directory = (int)result;
        place->owned = true;
    }
    result = identify(place->directory, &place->number);
    if (result < 0)
        place_close(place);
    return result;
}

/* `label`: FILE_LINK or FILE_RENAME. What is no name, as `..`, the server refuses. */
static long give_name(uint64_t label, int old_directory, const char *old,
                      const struct new_place *place, uint64_t flags)
{
    struct path_request request = {
        .label = label,
        .word = {place->number, flags},
        .after = place->parts.name,
    };

    return path_tell(old_directory, old, &request);
}

/* ---- link ------------------------------------------------------------------------------------ */

static long link_path(int old_directory, const char *old, int new_directory, const char *new,
                      uint64_t flags)
{
    struct file_status status;
    struct new_place place;
    long result = place_open(new_directory, new, &place);

    if (result < 0) { /* what is wrong with the old path comes first */
        long wrong = path_status(old_directory, old, flags, &status);

        return wrong < 0 ? wrong : result;
    }
    result = give_name(FILE_LINK, old_directory, old, &place, flags);
    place_close(&place);
    return result;
}

int linkat(int old_directory, const char *old, int new_directory, const char *new, int flags)
{
    uint64_t follow = (flags & AT_SYMLINK_FOLLOW) != 0 ? 0 : FILE_NO_FOLLOW;

    if ((flags & ~AT_SYMLINK_FOLLOW) != 0)
        return (int)posix_result(-E_INVAL);
    return (int)posix_result(link_path(old_directory, old, new_directory, new, follow));
}

int link(const char *old, const char *new) { return linkat(AT_FDCWD, old, AT_FDCWD, new, 0); }

/* ---- rename ---------------------------------------------------------------------------------- */

/* What is wrong with the directory of a path, or 0. */
static long parent_error(int directory, const char *path)
{
    struct path_parts parts;
    long result = path_split(path, &parts);

    if (result == 0)
        result = open_parent(directory, parts.directory);
    if (result >= 0)
        handle_close((int)result);
    return result < 0 ? result : 0;
}

static long rename_path(int old_directory, const char *old, int new_directory, const char *new)
{
    struct new_place place;
    long result = place_open(new_directory, new, &place);

    if (result < 0) { /* likewise */
        long wrong = parent_error(old_directory, old);

        return wrong < 0 ? wrong : result;
    }
    result = give_name(FILE_RENAME, old_directory, old, &place, FILE_NO_FOLLOW);
    place_close(&place);
    return result;
}

int renameat(int old_directory, const char *old, int new_directory, const char *new)
{
    return (int)posix_result(rename_path(old_directory, old, new_directory, new));
}

int rename(const char *old, const char *new) { return renameat(AT_FDCWD, old, AT_FDCWD, new); }
