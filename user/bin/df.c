/* df.c - how full the mounted file systems are. */
#include <inttypes.h>
#include <octavo/mount.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "utility.h"

static const char usage[] =
    "usage: df [-hkT] [FILE...]\n"
    "Shows how full the mounted file systems are, or those that the files are in, in KiB.\n"
    "  -h   sizes in units that are easy to read\n"
    "  -k   in KiB, which is what it does anyway\n"
    "  -T   the types too\n";

enum { SIZE_TEXT = 24 };

static bool show_type, human;

static void size_format(uint64_t bytes, char text[SIZE_TEXT])
{
    static const char units[] = "KMGTP";
    uint64_t tenths = bytes / 1024 * 10 + bytes % 1024 * 10 / 1024;
    size_t unit = 0;

    if (!human) {
        snprintf(text, SIZE_TEXT, "%" PRIu64, bytes / 1024);
        return;
    }
    while (tenths >= 10 * 1024 && units[unit + 1] != '\0') {
        tenths /= 1024;
        unit++;
    }
    if (tenths >= 100)
        snprintf(text, SIZE_TEXT, "%" PRIu64 "%c", tenths / 10, units[unit]);
    else
        snprintf(text, SIZE_TEXT, "%" PRIu64 ".%" PRIu64 "%c", tenths / 10, tenths % 10,
                 units[unit]);
}

static void heading_print(void)
{
    printf("%-16s%s %9s %9s %9s Use%% Mounted on\n", "Filesystem", show_type ? " Type    " : "",
           human ? "Size" : "1K-blocks", "Used", human ? "Avail" : "Available");
}

static void line_print(const struct mount_entry *entry, const struct statvfs *status)
{
    uint64_t unit = status->f_frsize, used = status->f_blocks - status->f_bfree;
    uint64_t usable = used + status->f_bavail;
    char total[SIZE_TEXT], taken[SIZE_TEXT], left[SIZE_TEXT];

    size_format(status->f_blocks * unit, total);
    size_format(used * unit, taken);
    size_format(status->f_bavail * unit, left);
    printf("%-16s", entry->source);
    if (show_type)
        printf(" %-8s", status->f_basetype);
    printf(" %9s %9s %9s ", total, taken, left);
    if (usable == 0)
        printf("   - %s\n", entry->path);
    else
        printf("%3" PRIu64 "%% %s\n", (used * 100 + usable - 1) / usable, entry->path);
}

static int entry_print(const struct mount_entry *entry)
{
    struct statvfs status;

    if (statvfs(entry->path, &status) != 0)
        return utility_fail("df", entry->path, errno);
    line_print(entry, &status);
    return 0;
}

static int all_print(void)
{
    struct mount_entry entry;
    int status = 0;

    for (uint64_t i = 0; mount_find(i, &entry); i++)
        status |= entry_print(&entry);
    return status;
}

/* Does the path lie there or below? */
static bool is_in(const char *path, const char *directory)
{
    size_t length = strlen(directory);

    if (strcmp(directory, "/") == 0)
        return true;
    return strncmp(path, directory, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static int file_print(const char *file)
{
    struct mount_entry entry, found = {.path = ""};
    char *path = realpath(file, NULL);

    if (path == NULL)
        return utility_fail("df", file, errno);
    for (uint64_t i = 0; mount_find(i, &entry); i++)
        if (is_in(path, entry.path) && strlen(entry.path) >= strlen(found.path))
            found = entry;
    free(path);
    return entry_print(&found);
}

int main(int argc, char **argv)
{
    int option, status = 0;

    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "hkT")) != -1) {
        if (option == '?')
            return utility_misuse(usage);
        human = option == 'h' || (human && option != 'k');
        show_type = show_type || option == 'T';
    }
    heading_print();
    for (int i = optind; i < argc; i++)
        status |= file_print(argv[i]);
    if (optind == argc)
        status = all_print();
    return utility_finish("df", status);
}
