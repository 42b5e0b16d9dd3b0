/* mount.c - mounts a file system, or lists those that are mounted. */
#include <octavo/mount.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "utility.h"

static const char usage[] =
    "usage: mount [[-t TYPE] SOURCE DIRECTORY]\n"
    "Makes the file system that the server SOURCE keeps visible on the directory; without\n"
    "arguments lists what is mounted.\n"
    "  -t   only if the file system is of that type\n";

static void line_print(const struct mount_entry *entry)
{
    printf("%s on %s type %s (%s)\n", entry->source, entry->path, entry->type,
           entry->read_only ? "ro" : "rw");
}

static int list(void)
{
    struct mount_entry entry;

    for (uint64_t i = 0; mount_find(i, &entry); i++)
        line_print(&entry);
    return 0;
}

/* Is it of the wanted type? Then it stays. */
static int check_type(const char *path, const char *wanted)
{
    struct statvfs status;

    if (wanted == NULL || (statvfs(path, &status) == 0 && strcmp(status.f_basetype, wanted) == 0))
        return 0;
    fprintf(stderr, "mount: %s: not a file system of type %s\n", path, wanted);
    mount_remove(path);
    return 1;
}

static int mount(const char *source, const char *directory, const char *type)
{
    char *path = realpath(directory, NULL);
    int status;

    if (path == NULL)
        return utility_fail("mount", directory, errno);
    long result = mount_make(source, path, false);
    if (result < 0)
        status = utility_fail("mount", result == -E_NOENT ? source : path, (int)-result);
    else
        status = check_type(path, type);
    free(path);
    return status;
}

int main(int argc, char **argv)
{
    const char *type = NULL;
    int option;

    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "t:")) != -1) {
        if (option != 't')
            return utility_misuse(usage);
        type = optarg;
    }
    if (argc == 1)
        return utility_finish("mount", list());
    if (argc - optind != 2)
        return utility_misuse(usage);
    return mount(argv[optind], argv[optind + 1], type);
}
