/* sync.c - waits until what was written is on the disk. */
#include <fcntl.h>
#include <unistd.h>

#include "lib/complain.h"
#include "utility.h"

static const char usage[] = "usage: sync [-d] [FILE...]\n"
                            "Waits until what was written is on the disk: to these files, or to\n"
                            "all of them.\n"
                            "  -d   of the files only what one needs to read them again\n";

static int file_sync(const char *path, bool data_only)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    int status = 0;

    if (file < 0)
        return complain_errno("error opening %s", quoted(path));
    if ((data_only ? fdatasync(file) : fsync(file)) != 0)
        status = complain_errno("error syncing %s", quoted(path));
    close(file);
    return status;
}

int main(int argc, char **argv)
{
    bool data_only = false;
    int option, status = 0;

    complain_as("sync");
    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "d")) != -1) {
        if (option == '?')
            return complain_usage(usage);
        data_only = true;
    }
    if (optind == argc && data_only)
        return complain("--data needs at least one argument");
    if (optind == argc)
        sync();
    for (int i = optind; i < argc; i++)
        status |= file_sync(argv[i], data_only);
    return status;
}
