/* walk.c - visits a file, and if it is a folder all that is in it.
 *
 * There is a level for each folder on the way: its names, and how many of them were visited. The
 * way itself is a trail. Levels are kept in an array, not on the stack, which is bounded.
 */
#include "walk.h"

#include "complain.h"
#include "trail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEVELS_GROWTH = 16, NAMES_GROWTH = 1024, PATH_GROWTH = 256 };

struct level {
    struct stat status;
    char *names; /* each ended by a NUL */
    size_t length, capacity, next;
    size_t path_length; /* of the folder */
    size_t name_start;  /* of its last name in the path */
    bool is_incomplete;
};

struct walker {
    walk_visit *visit;
    void *context;
    char *path;
    size_t path_capacity;
    struct level *levels;
    size_t count, capacity;
    struct trail trail;
};

static void path_set(struct walker *walker, size_t length, const char *name)
{
    size_t size = length + strlen(name) + 2;

    if (size > walker->path_capacity) {
        walker->path_capacity = size + PATH_GROWTH;
        walker->path = must(realloc(walker->path, walker->path_capacity));
    }
    if (length != 0 && walker->path[length - 1] != '/')
        walker->path[length++] = '/';
    strcpy(walker->path + length, name);
}

/* The folder that holds what is visited. */
static int directory_of(const struct walker *walker, size_t depth)
{
    return depth == 0 ? AT_FDCWD : trail_file(&walker->trail);
}

static enum walk_answer visit(struct walker *walker, enum walk_when when, struct walk_entry *entry)
{
    entry->path = walker->path;
    entry->directory = directory_of(walker, entry->depth);
    return walker->visit(walker->context, when, entry);
}

/* ---- reading folders ------------------------------------------------------------------------- */

static void level_add_name(struct level *level, const char *name)
{
    size_t size = strlen(name) + 1;

    if (size > level->capacity - level->length) {
        level->capacity += level->capacity + size + NAMES_GROWTH;
        level->names = must(realloc(level->names, level->capacity));
    }
    memcpy(level->names + level->length, name, size);
    level->length += size;
}

/* False with errno if it cannot be read to its end. */
static bool level_read(struct level *level, int file)
{
    struct dirent *found;
    int copy = dup(file);
    DIR *directory = copy < 0 ? NULL : fdopendir(copy);

    if (directory == NULL) {
        int error = errno;

        if (copy >= 0)
            close(copy);
        errno = error;
        return false;
    }
    while (errno = 0, (found = readdir(directory)) != NULL)
        if (strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0)
            level_add_name(level, found->d_name);
    int error = errno;
    closedir(directory);
    errno = error;
    return error == 0;
}

static struct level *level_push(struct walker *walker)
{
    if (walker->count == walker->capacity) {
        walker->capacity += walker->capacity + LEVELS_GROWTH;
        walker->levels = must(realloc(walker->levels, walker->capacity * sizeof *walker->levels));
    }
    walker->levels[walker->count] = (struct level){.path_length = strlen(walker->path)};
    return &walker->levels[walker->count++];
}

/* ---- the walk -------------------------------------------------------------------------------- */

/* Visits the folder, and makes a level of what is in it. */
static void folder_enter(struct walker *walker, struct walk_entry *entry, int flags)
{
    if (visit(walker, WALK_ENTER, entry) == WALK_SKIP)
        return;
    if (!trail_enter(&walker->trail, entry->directory, entry->name, flags)) {
        visit(walker, WALK_UNREADABLE, entry);
        entry->is_incomplete = true;
        visit(walker, WALK_LEAVE, entry);
        return;
    }
    struct level *level = level_push(walker);
    level->status = *entry->status;
    level->name_start = level->path_length - strlen(entry->name);
    if (!level_read(level, trail_file(&walker->trail))) {
        level->is_incomplete = true;
        visit(walker, WALK_UNREADABLE, entry);
    }
}

static void entry_visit(struct walker *walker, const char *name, bool follow)
{
    struct stat status;
    struct walk_entry entry = {.name = name, .depth = walker->count};
    int directory = directory_of(walker, entry.depth);

    if (fstatat(directory, name, &status, follow ? 0 : AT_SYMLINK_NOFOLLOW) != 0) {
        visit(walker, WALK_UNREADABLE, &entry);
        return;
    }
    entry.status = &status;
    if (S_ISDIR(status.st_mode))
        folder_enter(walker, &entry, follow ? 0 : O_NOFOLLOW);
    else
        visit(walker, WALK_FILE, &entry);
}

/* False if the folder above is gone. */
static bool folder_leave(struct walker *walker)
{
    struct level level = walker->levels[--walker->count];

    walker->path[level.path_length] = '\0';
    free(level.names);
    if (!trail_leave(&walker->trail)) {
        complain_errno("cannot go back to the folder that held %s", quoted(walker->path));
        return false;
    }
    struct walk_entry entry = {.name = walker->path + level.name_start,
                               .depth = walker->count,
                               .status = &level.status,
                               .is_incomplete = level.is_incomplete};
    visit(walker, WALK_LEAVE, &entry);
    return true;
}

static bool level_advance(struct walker *walker)
{
    struct level *level = &walker->levels[walker->count - 1];

    if (level->next == level->length)
        return folder_leave(walker);
    const char *name = level->names + level->next;
    level->next += strlen(name) + 1;
    path_set(walker, level->path_length, name);
    entry_visit(walker, name, false);
    return true;
}

int walk(const char *path, bool follow, walk_visit *visitor, void *context)
{
    struct walker walker = {.visit = visitor, .context = context};
    int status = 0;

    path_set(&walker, 0, path);
    entry_visit(&walker, path, follow);
    while (walker.count != 0 && status == 0)
        status = level_advance(&walker) ? 0 : 1;
    while (walker.count != 0)
        free(walker.levels[--walker.count].names);
    trail_end(&walker.trail);
    free(walker.levels);
    free(walker.path);
    return status;
}
