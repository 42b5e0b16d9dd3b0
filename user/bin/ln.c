/* ln.c - gives files further names, or makes symbolic links to them. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/complain.h"
#include "lib/place.h"
#include "utility.h"

static const char usage[] = "usage: ln [-sfnv] TARGET... LINK\n"
                            "Makes a link to a file; to several, or with no LINK, in a folder.\n"
                            "  -s   symbolic links: they hold the path as it is given\n"
                            "  -f   what has the name of the link is replaced\n"
                            "  -n   LINK is no folder if it is a symbolic link to one\n"
                            "  -v   say what is linked\n";

static bool symbolic, replace, verbose;

/* A name beside `path` that nothing has yet, to be freed. */
static char *spare_name(const char *path)
{
    char *folder = place_folder(path), *name = NULL;
    struct stat status;

    for (int number = 0; name == NULL || lstat(name, &status) == 0; number++) {
        char text[32];

        free(name);
        snprintf(text, sizeof text, ".ln-%d-%d", (int)getpid(), number);
        name = place_join(folder, text);
    }
    free(folder);
    return name;
}

static int link_new(const char *target, const char *path)
{
    return symbolic ? symlink(target, path) : linkat(AT_FDCWD, target, AT_FDCWD, path, 0);
}

/* Makes the link under another name and renames it: at no moment is the name without a file. */
static int link_over(const char *target, const char *path)
{
    char *spare = spare_name(path);
    int result = link_new(target, spare);

    if (result == 0 && rename(spare, path) != 0) {
        int error = errno;

        unlink(spare);
        errno = error;
        result = -1;
    }
    free(spare);
    return result;
}

static int link_fail(const char *target, const char *path)
{
    if (symbolic && target[0] == '\0')
        return complain_errno("failed to create symbolic link %s -> ''", quoted(path));
    if (symbolic)
        return complain_errno("failed to create symbolic link %s", quoted(path));
    if (errno == EEXIST)
        return complain_errno("failed to create hard link %s", quoted(path));
    return complain_errno("failed to create hard link %s => %s", quoted(path), quoted(target));
}

static int link_make(const char *target, const char *path)
{
    struct stat status, existing;
    bool exists = lstat(path, &existing) == 0;
    int result;

    if (!symbolic) {
        if (lstat(target, &status) != 0)
            return complain_errno("failed to access %s", quoted(target));
        if (S_ISDIR(status.st_mode))
            return complain("%s: hard link not allowed for directory", target);
    }
    if (exists && replace) {
        if (S_ISDIR(existing.st_mode))
            return complain("%s: cannot overwrite directory", path);
        bool is_itself = symbolic ? stat(target, &status) == 0 && place_is_same(&status, &existing)
                                  : place_is_same(&status, &existing);
        if (is_itself)
            return complain("%s and %s are the same file", quoted(target), quoted(path));
    }
    result = exists && replace ? link_over(target, path) : link_new(target, path);
    if (result != 0)
        return link_fail(target, path);
    if (verbose)
        printf("%s %s %s\n", quoted(path), symbolic ? "->" : "=>", quoted(target));
    return 0;
}

int main(int argc, char **argv)
{
    static char here[] = ".";
    bool follow = true;
    int option;

    complain_as("ln");
    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "sfnv")) != -1) {
        if (option == '?')
            return complain_usage(usage);
        symbolic |= option == 's';
        replace |= option == 'f';
        verbose |= option == 'v';
        follow &= option != 'n';
    }
    if (argc - optind != 1)
        return utility_finish("ln", place_each(argv + optind, argc - optind, follow, link_make));
    char *operands[] = {argv[optind], here};
    return utility_finish("ln", place_each(operands, 2, follow, link_make));
}
