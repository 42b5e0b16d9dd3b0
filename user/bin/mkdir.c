/* mkdir.c - makes folders. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/complain.h"
#include "lib/mode.h"
#include "utility.h"

static const char usage[] = "usage: mkdir [-pv] [-m MODE] FOLDER...\n"
                            "Makes folders.\n"
                            "  -p       with those above; what is there needs no complaint\n"
                            "  -m MODE  with these permissions: 750, or u=rwx,go=rx\n"
                            "  -v       say what is made\n";

static bool with_parents, verbose, has_mode;
static mode_t given_mode = 0777;

/* Makes `name` in the folder `at`; `path` is for messages. */
static int folder_make(int at, const char *name, const char *path, bool is_last)
{
    struct stat status;

    if (mkdirat(at, name, 0777) == 0) {
        if (verbose)
            printf("mkdir: created directory %s\n", quoted(path));
        if (is_last && has_mode && fchmodat(at, name, given_mode, 0) != 0)
            return complain_errno("cannot set permissions of %s", quoted(path));
        return 0;
    }
    int error = errno;
    bool is_there = error == EEXIST && with_parents && fstatat(at, name, &status, 0) == 0;
    errno = is_there && !S_ISDIR(status.st_mode) && !is_last ? ENOTDIR : error;
    if (is_there && S_ISDIR(status.st_mode))
        return 0;
    return complain_errno("cannot create directory %s", quoted(path));
}

/* Makes the folders of the path one after the other, each from the one before, so that the path may
 * have any length. The path is cut while a folder is made, and whole again in the end. */
static int folders_make(char *path)
{
    int at = AT_FDCWD, status = 0;
    char *name = path;

    if (*name == '/')
        at = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    name += strspn(name, "/");
    while (*name != '\0' && status == 0) {
        char *end = name + strcspn(name, "/"), *next = end + strspn(end, "/");
        char saved = *end;

        *end = '\0';
        status = folder_make(at, name, path, *next == '\0');
        if (status == 0 && *next != '\0') {
            int below = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

            if (below < 0)
                status = complain_errno("cannot open %s", quoted(path));
            if (at != AT_FDCWD)
                close(at);
            at = below;
        }
        *end = saved;
        name = next;
    }
    if (at != AT_FDCWD && at >= 0)
        close(at);
    return status;
}

static bool options_read(int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "pm:v")) != -1) {
        switch (option) {
        case 'p':
            with_parents = true;
            break;
        case 'v':
            verbose = true;
            break;
        case 'm':
            has_mode = true;
            if (mode_read(optarg, &given_mode))
                break;
            complain("invalid mode %s", quoted(optarg));
            return false;
        default:
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    int status = 0;

    complain_as("mkdir");
    if (utility_help(argc, argv, usage))
        return 0;
    if (!options_read(argc, argv))
        return complain_usage(usage);
    if (optind == argc) {
        complain("missing operand");
        return complain_usage(usage);
    }
    for (int i = optind; i < argc; i++)
        status |= with_parents && argv[i][0] != '\0'
                      ? folders_make(argv[i])
                      : folder_make(AT_FDCWD, argv[i], argv[i], true);
    return utility_finish("mkdir", status);
}
