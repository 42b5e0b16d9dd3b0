/* umount.c - takes a mounted file system away from where it is seen. */
#include <octavo/mount.h>
#include <stdlib.h>

#include "utility.h"

static const char usage[] = "usage: umount DIRECTORY...\n"
                            "Takes away what is mounted on the directories, unless it is in use.\n";

static int unmount(const char *directory)
{
    char *path = realpath(directory, NULL);
    long result;

    if (path == NULL)
        return utility_fail("umount", directory, errno);
    result = mount_remove(path);
    free(path);
    if (result == -E_NOENT) {
        fprintf(stderr, "umount: %s: not mounted\n", directory);
        return 1;
    }
    return result < 0 ? utility_fail("umount", directory, (int)-result) : 0;
}

int main(int argc, char **argv)
{
    int status = 0;

    if (utility_help(argc, argv, usage))
        return 0;
    if (argc < 2 || argv[1][0] == '-')
        return utility_misuse(usage);
    for (int i = 1; i < argc; i++)
        status |= unmount(argv[i]);
    return status;
}
