/* rm.c - removes files, and folders with all that is in them. */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/complain.h"
#include "lib/place.h"
#include "lib/remove.h"
#include "utility.h"

static const char usage[] = "usage: rm [-firRv] FILE...\n"
                            "Removes files.\n"
                            "  -r, -R   folders too, with all that is in them\n"
                            "  -f       what is not there needs no complaint; takes back -i\n"
                            "  -i       ask before each; takes back -f\n"
                            "  -v       say what is removed\n";

/* Whether removing it would take away what everything else is in, or what the user is in. */
static bool is_refused(const char *path, bool recursive)
{
    char *name = place_last_name(path);
    bool is_dots = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
    struct stat root, status;

    free(name);
    if (recursive && is_dots) {
        complain("refusing to remove '.' or '..' directory: skipping %s", quoted(path));
        return true;
    }
    if (recursive && stat("/", &root) == 0 && lstat(path, &status) == 0 &&
        place_is_same(&root, &status)) {
        complain("it is dangerous to operate recursively on %s", quoted(path));
        return true;
    }
    return false;
}

static bool options_read(int argc, char **argv, struct remove_options *options)
{
    int option;

    while ((option = getopt(argc, argv, "firRv")) != -1) {
        switch (option) {
        case 'f':
        case 'i':
            options->force = option == 'f';
            options->ask = option == 'i';
            break;
        case 'r':
        case 'R':
            options->recursive = true;
            break;
        case 'v':
            options->verbose = true;
            break;
        default:
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct remove_options options = {0};
    int status = 0;

    complain_as("rm");
    if (utility_help(argc, argv, usage))
        return 0;
    if (!options_read(argc, argv, &options))
        return complain_usage(usage);
    if (optind == argc && !options.force) {
        complain("missing operand");
        return complain_usage(usage);
    }
    for (int i = optind; i < argc; i++)
        status |= is_refused(argv[i], options.recursive) ? 1 : remove_path(argv[i], &options);
    return utility_finish("rm", status);
}
