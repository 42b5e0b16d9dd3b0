/* cp.c - copies files and folders. */
#include <unistd.h>

#include "lib/complain.h"
#include "lib/copy.h"
#include "lib/place.h"
#include "utility.h"

static const char usage[] =
    "usage: cp [-afinpPrRv] FILE... TARGET\n"
    "Copies a file to a new name, or files to a folder.\n"
    "  -r, -R   folders too, with all that is in them; symbolic links stay links\n"
    "  -P       symbolic links stay links\n"
    "  -p       with owner, permissions and times\n"
    "  -a       as -rpP, and several names of one file stay names of one file\n"
    "  -f       what cannot be written is removed first\n"
    "  -i, -n   ask before overwriting; never overwrite\n"
    "  -v       say what is copied, and on a terminal how far a long copy is\n";

static struct copy_options options = {.follow = true, .verb = ""};

static int copy(const char *from, const char *to) { return copy_path(from, to, &options); }

static void option_all(void)
{
    options.recursive = options.preserve = options.keep_links = true;
    options.follow = false;
}

static bool option_set(int option)
{
    switch (option) {
    case 'a':
        option_all();
        break;
    case 'f':
        options.force = true;
        break;
    case 'i':
    case 'n':
        options.ask = option == 'i';
        options.keep_old = option == 'n';
        break;
    case 'p':
        options.preserve = true;
        break;
    case 'r':
    case 'R':
        options.recursive = true;
        options.follow = false;
        break;
    case 'P':
        options.follow = false;
        break;
    case 'v':
        options.verbose = true;
        break;
    default:
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    int option;

    complain_as("cp");
    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "afinpPrRv")) != -1)
        if (!option_set(option))
            return complain_usage(usage);
    return utility_finish("cp", place_each(argv + optind, argc - optind, true, copy));
}
