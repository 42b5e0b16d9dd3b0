/* rmdir.c - removes empty folders. */
#include <unistd.h>

#include "lib/complain.h"
#include "utility.h"

static const char usage[] = "usage: rmdir [-pv] FOLDER...\n"
                            "Removes folders that are empty.\n"
                            "  -p   and those above that their path names\n"
                            "  -v   say what is removed\n";

static bool with_parents, verbose;

static bool folder_remove(const char *path, const char *kind)
{
    if (verbose)
        printf("rmdir: removing directory, %s\n", quoted(path));
    if (rmdir(path) == 0)
        return true;
    complain_errno("failed to remove %s%s", kind, quoted(path));
    return false;
}

/* Cuts the last name off; false if there is no folder above in the path. */
static bool path_cut(char *path)
{
    size_t length = strlen(path);

    while (length > 0 && path[length - 1] == '/')
        length--;
    while (length > 0 && path[length - 1] != '/')
        length--;
    while (length > 0 && path[length - 1] == '/')
        length--;
    path[length] = '\0';
    return length != 0;
}

int main(int argc, char **argv)
{
    int option, status = 0;

    complain_as("rmdir");
    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "pv")) != -1) {
        if (option == '?')
            return complain_usage(usage);
        with_parents |= option == 'p';
        verbose |= option == 'v';
    }
    if (optind == argc) {
        complain("missing operand");
        return complain_usage(usage);
    }
    for (int i = optind; i < argc; i++) {
        bool is_removed = folder_remove(argv[i], "");

        while (is_removed && with_parents && path_cut(argv[i]))
            is_removed = folder_remove(argv[i], "directory ");
        status |= is_removed ? 0 : 1;
    }
    return utility_finish("rmdir", status);
}
