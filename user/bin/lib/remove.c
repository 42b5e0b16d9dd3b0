/* remove.c - removes a file, or a folder with all that is in it. */
#include "remove.h"

#include "complain.h"
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

struct remover {
    const struct remove_options *options;
    size_t
        kept; /* so many of the outermost folders on the way stay: something in them failed to go */
    int status;
};

static const char *kind_of(const struct stat *status)
{
    switch (status->st_mode & S_IFMT) {
    case S_IFREG:
        return status->st_size == 0 ? "regular empty file" : "regular file";
    case S_IFLNK:
        return "symbolic link";
    case S_IFBLK:
        return "block special file";
    case S_IFCHR:
        return "character special file";
    case S_IFIFO:
        return "fifo";
    default:
        return "file";
    }
}

/* The file stays, and so must the folders that it is in: that needs no further complaint. */
static void keep(struct remover *remover, size_t depth)
{
    if (depth > remover->kept)
        remover->kept = depth;
}

static void fail(struct remover *remover, const struct walk_entry *entry)
{
    if (remover->options->force && (errno == ENOENT || errno == ENOTDIR))
        return;
    keep(remover, entry->depth);
    remover->status = complain_errno("cannot remove %s", quoted(entry->path));
}

static void file_remove(struct remover *remover, const struct walk_entry *entry)
{
    if (remover->options->ask &&
        !ask("remove %s %s? ", kind_of(entry->status), quoted(entry->path)))
        return;
    if (unlinkat(entry->directory, entry->name, 0) != 0)
        fail(remover, entry);
    else if (remover->options->verbose)
        printf("removed %s\n", quoted(entry->path));
}

static enum walk_answer folder_enter(struct remover *remover, const struct walk_entry *entry)
{
    if (!remover->options->recursive) {
        errno = EISDIR;
        fail(remover, entry);
        return WALK_SKIP;
    }
    if (remover->options->ask && !ask("descend into directory %s? ", quoted(entry->path)))
        return WALK_SKIP;
    return WALK_GO_ON;
}

static void folder_remove(struct remover *remover, const struct walk_entry *entry)
{
    bool has_rest = remover->kept > entry->depth || entry->is_incomplete;

    if (remover->kept > entry->depth)
        remover->kept = entry->depth;
    if (has_rest) {
        keep(remover, entry->depth);
        return;
    }
    if (remover->options->ask && !ask("remove directory %s? ", quoted(entry->path)))
        return;
    if (unlinkat(entry->directory, entry->name, AT_REMOVEDIR) != 0)
        fail(remover, entry);
    else if (remover->options->verbose)
        printf("removed directory %s\n", quoted(entry->path));
}

static enum walk_answer visit(void *context, enum walk_when when, const struct walk_entry *entry)
{
    struct remover *remover = context;

    switch (when) {
    case WALK_FILE:
        file_remove(remover, entry);
        break;
    case WALK_ENTER:
        return folder_enter(remover, entry);
    case WALK_LEAVE:
        folder_remove(remover, entry);
        break;
    case WALK_UNREADABLE:
        fail(remover, entry);
        break;
    }
    return WALK_GO_ON;
}

int remove_path(const char *path, const struct remove_options *options)
{
    struct remover remover = {.options = options};

    return walk(path, false, visit, &remover) | remover.status;
}
