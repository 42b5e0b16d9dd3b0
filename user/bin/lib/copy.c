/* copy.c - copies a file, or a folder with all that is in it.
 *
 * The walk visits what is copied; a trail goes the same way through the copies. Both keep few files
 * open and make no long paths. What the utility copies from one call to the next is remembered, for
 * links, and to refuse to overwrite a copy by another.
 */
#include "copy.h"

#include "complain.h"
#include "links.h"
#include "place.h"
#include "trail.h"
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct link_table linked;  /* files of several names, with the path of the copy */
static struct link_table created; /* the copies of what the operands name */

struct copier {
    const struct copy_options *options;
    const char *from, *to; /* the operands */
    struct trail target;
    char *path; /* of the copy that is being made, for messages */
    int status;
    bool is_lost; /* the way back to the folder above a copy was lost */
};

/* What is said of each copy if the user wants it. */
static void report(const struct copy_item *item)
{
    if (item->options->verbose)
        printf("%s%s -> %s\n", item->options->verb, quoted(item->from_path), quoted(item->to_path));
}

static struct copy_item item_of(struct copier *copier, const struct walk_entry *entry)
{
    bool is_operand = entry->depth == 0;
    size_t skipped = strlen(copier->from);

    free(copier->path);
    while (!is_operand && entry->path[skipped] == '/')
        skipped++;
    copier->path =
        is_operand ? must(strdup(copier->to)) : place_join(copier->to, entry->path + skipped);
    return (struct copy_item){
        .options = copier->options,
        .status = entry->status,
        .from_path = entry->path,
        .from_name = entry->name,
        .from_directory = entry->directory,
        .to_path = copier->path,
        .to_name = is_operand ? copier->to : entry->name,
        .to_directory = is_operand ? AT_FDCWD : trail_file(&copier->target),
    };
}

/* ---- what is no folder ----------------------------------------------------------------------- */

/* The answer to whether something may get the name of what is there. */
enum permission { REFUSED, DECLINED, GRANTED };

static enum permission may_overwrite(const struct copy_item *item, const struct stat *existing)
{
    struct stat reached = *existing;
    const struct copy_options *options = item->options;

    /* Writing goes through a link; making a link replaces it. */
    if (!S_ISLNK(item->status->st_mode) && !options->replace)
        fstatat(item->to_directory, item->to_name, &reached, 0);
    if (place_is_same(item->status, &reached)) {
        complain("%s and %s are the same file", quoted(item->from_path), quoted(item->to_path));
        return REFUSED;
    }
    if (S_ISDIR(existing->st_mode)) {
        complain("cannot overwrite directory %s with non-directory", quoted(item->to_path));
        return REFUSED;
    }
    if (links_find(&created, existing) != NULL) {
        complain("will not overwrite just-created %s with %s", quoted(item->to_path),
                 quoted(item->from_path));
        return REFUSED;
    }
    if (options->keep_old || (options->ask && !ask("overwrite %s? ", quoted(item->to_path))))
        return DECLINED;
    return GRANTED;
}

/* Whether the name is free. */
static bool name_clear(const struct copy_item *item, const struct stat *existing)
{
    if (existing == NULL || unlinkat(item->to_directory, item->to_name, 0) == 0)
        return true;
    complain_errno("cannot remove %s", quoted(item->to_path));
    return false;
}

static int link_attributes(const struct copy_item *item)
{
    const struct stat *status = item->status;
    struct timespec times[] = {status->st_atim, status->st_mtim};

    if (fchownat(item->to_directory, item->to_name, status->st_uid, status->st_gid,
                 AT_SYMLINK_NOFOLLOW) != 0 &&
        errno != EPERM && errno != EINVAL)
        return complain_errno("failed to preserve ownership for %s", quoted(item->to_path));
    if (utimensat(item->to_directory, item->to_name, times, AT_SYMLINK_NOFOLLOW) != 0)
        return complain_errno("preserving times for %s", quoted(item->to_path));
    return 0;
}

static int symbolic_link_copy(const struct copy_item *item, const struct stat *existing)
{
    size_t size = (size_t)item->status->st_size + 1;
    char *text = must(malloc(size + 1));
    ssize_t length = readlinkat(item->from_directory, item->from_name, text, size);
    int result = 0;

    if (length < 0) {
        result = complain_errno("cannot read symbolic link %s", quoted(item->from_path));
    } else if (!name_clear(item, existing)) {
        result = 1;
    } else {
        text[length] = '\0';
        if (symlinkat(text, item->to_directory, item->to_name) != 0)
            result = complain_errno("cannot create symbolic link %s", quoted(item->to_path));
        else if (item->options->preserve)
            result = link_attributes(item);
    }
    free(text);
    return result;
}

/* Another name of a file that has been copied gets a link to that copy. */
static int hard_link_copy(const struct copy_item *item, const char *first,
                          const struct stat *existing)
{
    if (!name_clear(item, existing))
        return 1;
    if (linkat(AT_FDCWD, first, item->to_directory, item->to_name, 0) != 0)
        return complain_errno("cannot create hard link %s to %s", quoted(item->to_path),
                              quoted(first));
    return 0;
}

static int contents_copy(const struct copy_item *item, const struct stat *existing)
{
    if (S_ISLNK(item->status->st_mode))
        return symbolic_link_copy(item, existing);
    if (!S_ISREG(item->status->st_mode) && item->options->recursive)
        return complain("cannot copy %s: it is a device, a pipe or a socket",
                        quoted(item->from_path));
    if (!item->options->replace)
        return copy_regular(item, existing);
    return name_clear(item, existing) ? copy_regular(item, NULL) : 1;
}

static void remember_created(const struct copy_item *item)
{
    struct stat status;

    if (fstatat(item->to_directory, item->to_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        links_find(&created, &status) == NULL)
        links_add(&created, &status, item->to_path);
}

static int file_copy(struct copier *copier, const struct walk_entry *entry)
{
    struct copy_item item = item_of(copier, entry);
    struct stat status, *existing = NULL;
    bool has_links = item.options->keep_links && entry->status->st_nlink > 1;
    const char *first = has_links ? links_find(&linked, entry->status) : NULL;
    int result;

    if (fstatat(item.to_directory, item.to_name, &status, AT_SYMLINK_NOFOLLOW) == 0) {
        enum permission permission = may_overwrite(&item, &status);

        if (permission != GRANTED)
            return permission == REFUSED;
        existing = &status;
    }
    report(&item);
    if (first != NULL)
        return hard_link_copy(&item, first, existing);
    result = contents_copy(&item, existing);
    if (result == 0 && has_links)
        links_add(&linked, entry->status, item.to_path);
    if (result == 0 && entry->depth == 0)
        remember_created(&item);
    return result;
}

/* ---- folders --------------------------------------------------------------------------------- */

/* A folder that is copied into itself would never end. */
static bool is_into_itself(const struct copy_item *item, bool exists)
{
    char *folder = place_folder(item->to_path);
    bool is_inside = place_is_inside(exists ? item->to_path : folder, item->status);

    free(folder);
    if (is_inside)
        complain("cannot copy a directory, %s, into itself, %s", quoted(item->from_path),
                 quoted(item->to_path));
    return is_inside;
}

/* Makes the folder if it is not there; `made` says which. False after a complaint. */
static bool folder_make(const struct copy_item *item, bool is_operand, bool *made)
{
    struct stat existing;
    bool exists = fstatat(item->to_directory, item->to_name, &existing, AT_SYMLINK_NOFOLLOW) == 0;

    if (is_operand && is_into_itself(item, exists && S_ISDIR(existing.st_mode)))
        return false;
    if (exists && !S_ISDIR(existing.st_mode)) {
        complain("cannot overwrite non-directory %s with directory %s", quoted(item->to_path),
                 quoted(item->from_path));
        return false;
    }
    *made = !exists;
    if (exists)
        return true;
    /* The owner must be able to fill it. */
    if (mkdirat(item->to_directory, item->to_name, (item->status->st_mode & 01777) | 0700) != 0) {
        complain_errno("cannot create directory %s", quoted(item->to_path));
        return false;
    }
    report(item);
    return true;
}

static enum walk_answer folder_enter(struct copier *copier, const struct walk_entry *entry)
{
    struct copy_item item;
    bool made;

    if (!copier->options->recursive) {
        copier->status = complain("-r not specified; omitting directory %s", quoted(entry->path));
        return WALK_SKIP;
    }
    item = item_of(copier, entry);
    if (!folder_make(&item, entry->depth == 0, &made)) {
        copier->status = 1;
        return WALK_SKIP;
    }
    if (!trail_enter(&copier->target, item.to_directory, item.to_name, O_NOFOLLOW)) {
        copier->status = complain_errno("cannot access %s", quoted(item.to_path));
        return WALK_SKIP;
    }
    copier->target.steps[copier->target.count - 1].mark = made;
    return WALK_GO_ON;
}

/* The permissions of a new folder that could not be given before it was filled. */
static int late_permissions(int folder, const struct walk_entry *entry, const char *path)
{
    mode_t mask = umask(0), mode = entry->status->st_mode & 01777;

    umask(mask);
    if ((mode & 0700) == 0700 || fchmod(folder, mode & ~mask) == 0)
        return 0;
    return complain_errno("setting permissions for %s", quoted(path));
}

static void folder_leave(struct copier *copier, const struct walk_entry *entry)
{
    int folder = trail_file(&copier->target);
    bool made = copier->target.steps[copier->target.count - 1].mark;
    const char *path = item_of(copier, entry).to_path;

    if (copier->options->preserve)
        copier->status |= copy_attributes(folder, path, entry->status);
    else if (made)
        copier->status |= late_permissions(folder, entry, path);
    if (!trail_leave(&copier->target)) {
        copier->status = complain_errno("cannot go back to the folder that held %s", quoted(path));
        copier->is_lost = true;
    }
}

static enum walk_answer visit(void *context, enum walk_when when, const struct walk_entry *entry)
{
    struct copier *copier = context;

    if (copier->is_lost)
        return WALK_SKIP;
    switch (when) {
    case WALK_FILE:
        copier->status |= file_copy(copier, entry);
        break;
    case WALK_ENTER:
        return folder_enter(copier, entry);
    case WALK_LEAVE:
        folder_leave(copier, entry);
        break;
    case WALK_UNREADABLE:
        copier->status = complain_errno(
            entry->status == NULL ? "cannot stat %s" : "cannot access %s", quoted(entry->path));
        break;
    }
    return WALK_GO_ON;
}

int copy_path(const char *from, const char *to, const struct copy_options *options)
{
    struct copier copier = {.options = options, .from = from, .to = to};
    int status = walk(from, options->follow, visit, &copier);

    trail_end(&copier.target);
    free(copier.path);
    return status | copier.status;
}
