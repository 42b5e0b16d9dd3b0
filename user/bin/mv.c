/* mv.c - gives files other names or places; to another file system by a copy. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/complain.h"
#include "lib/copy.h"
#include "lib/links.h"
#include "lib/place.h"
#include "lib/remove.h"
#include "utility.h"

static const char usage[] = "usage: mv [-finv] FILE... TARGET\n"
                            "Gives a file a new name, or moves files to a folder.\n"
                            "  -f       overwrite without a question; takes back -i and -n\n"
                            "  -i, -n   ask before overwriting; never overwrite\n"
                            "  -v       say what is moved\n";

static bool ask_first, keep_old, verbose;

/* What this run has moved: a second file of that name must not take its place. */
static struct link_table moved;

/* Removes what has the new name. */
static bool target_clear(const char *from, const char *to, const struct stat *existing)
{
    if ((S_ISDIR(existing->st_mode) ? rmdir(to) : unlink(to)) == 0)
        return true;
    complain_errno("inter-device move failed: %s to %s; unable to remove target", quoted(from),
                   quoted(to));
    return false;
}

/* The old file goes only if all of it has been copied. */
static int copy_move(const char *from, const char *to, const struct stat *existing)
{
    struct copy_options copy = {.recursive = true,
                                .preserve = true,
                                .keep_links = true,
                                .verbose = verbose,
                                .verb = "copied "};
    struct remove_options removal = {.recursive = true, .verbose = verbose};

    if (existing != NULL && !target_clear(from, to, existing))
        return 1;
    if (copy_path(from, to, &copy) != 0)
        return 1;
    return remove_path(from, &removal);
}

static int rename_move(const char *from, const char *to, const struct stat *existing)
{
    if (rename(from, to) == 0) {
        if (verbose)
            printf("renamed %s -> %s\n", quoted(from), quoted(to));
        return 0;
    }
    if (errno == EXDEV)
        return copy_move(from, to, existing);
    if (errno == EINVAL)
        return complain("cannot move %s to a subdirectory of itself, %s", quoted(from), quoted(to));
    return complain_errno("cannot move %s to %s", quoted(from), quoted(to));
}

/* Whether what is there has a kind that may be replaced. */
static bool kinds_fit(const char *from, const char *to, bool is_folder, bool is_onto_folder)
{
    if (is_folder && !is_onto_folder)
        complain("cannot overwrite non-directory %s with directory %s", quoted(to), quoted(from));
    if (!is_folder && is_onto_folder)
        complain("cannot overwrite directory %s with non-directory", quoted(to));
    return is_folder == is_onto_folder;
}

static int move(const char *from, const char *to)
{
    struct stat status, found, *existing = NULL;

    if (lstat(from, &status) != 0)
        return complain_errno("cannot stat %s", quoted(from));
    if (lstat(to, &found) == 0) {
        existing = &found;
        if (place_is_same(&status, existing))
            return complain("%s and %s are the same file", quoted(from), quoted(to));
        if (!kinds_fit(from, to, S_ISDIR(status.st_mode), S_ISDIR(existing->st_mode)))
            return 1;
        if (links_find(&moved, existing) != NULL)
            return complain("will not overwrite just-created %s with %s", quoted(to), quoted(from));
        if (keep_old || (ask_first && !ask("overwrite %s? ", quoted(to))))
            return 0;
    }
    int result = rename_move(from, to, existing);
    if (result == 0 && lstat(to, &found) == 0 && links_find(&moved, &found) == NULL)
        links_add(&moved, &found, to);
    return result;
}

int main(int argc, char **argv)
{
    int option;

    complain_as("mv");
    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "finv")) != -1) {
        if (option == '?')
            return complain_usage(usage);
        if (option == 'v') {
            verbose = true;
            continue;
        }
        ask_first = option == 'i';
        keep_old = option == 'n';
    }
    return utility_finish("mv", place_each(argv + optind, argc - optind, true, move));
}
