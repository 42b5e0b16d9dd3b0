/* ls.c - lists directories. Files that are named come first, then the contents of folders. */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/complain.h"
#include "lib/mode.h"
#include "lib/number.h"
#include "lib/place.h"
#include "lib/trail.h"
#include "utility.h"

static const char usage[] =
    "usage: ls [-1AadhilRrSt] [FILE...]\n"
    "Lists the files, and what is in the folders; none: in this one.\n"
    "  -1   one name on a line\n"
    "  -a   also names that begin with `.`; -A: but not `.` and `..`\n"
    "  -d   folders themselves, not what is in them\n"
    "  -i   with the number of the inode\n"
    "  -l   with type and permissions, links, size and time; -h: 1.5K\n"
    "  -R   the folders in the folders too\n"
    "  -t   the newest first; -S: the largest first; -r: the other way round\n";

enum { COLUMNS_UNKNOWN = 80, COLUMN_GAP = 2, ENTRIES_GROWTH = 32, STATUS_BLOCK = 512, KIB = 1024 };

/* The status for what was named and cannot be listed; 1 is for what was found on the way. */
enum { STATUS_MINOR = 1, STATUS_SERIOUS = 2 };

static bool show_hidden, show_dots, show_long, show_single, show_inode, show_folders, human;
static bool recursive, by_time, by_size, backwards, is_terminal;

struct entry {
    char *name, *target; /* target: where a symbolic link leads, for -l, or NULL */
    struct stat status;  /* filled if an option needs it */
};

struct entries {
    struct entry *items;
    size_t count, capacity;
};

static void worsen(int *status, int other) { *status = other > *status ? other : *status; }

/* ---- order ----------------------------------------------------------------------------------- */

static int times_compare(const struct timespec *one, const struct timespec *other)
{
    if (one->tv_sec != other->tv_sec)
        return one->tv_sec < other->tv_sec ? 1 : -1;
    return (one->tv_nsec < other->tv_nsec) - (one->tv_nsec > other->tv_nsec);
}

static int entry_compare(const void *left, const void *right)
{
    const struct entry *one = left, *other = right;
    int order = 0;

    if (by_time)
        order = times_compare(&one->status.st_mtim, &other->status.st_mtim);
    else if (by_size)
        order = (one->status.st_size < other->status.st_size) -
                (one->status.st_size > other->status.st_size);
    if (order == 0)
        order = strcmp(one->name, other->name);
    return backwards ? -order : order;
}

static void entries_sort(struct entries *entries)
{
    if (entries->count != 0)
        qsort(entries->items, entries->count, sizeof *entries->items, entry_compare);
}

/* ---- entries --------------------------------------------------------------------------------- */

static bool need_status(void) { return show_long || by_time || by_size || recursive || show_inode; }

static char *target_read(int directory, const char *name, const struct stat *status)
{
    size_t size = (size_t)status->st_size + 1;
    char *target;
    ssize_t length;

    if (!show_long || !S_ISLNK(status->st_mode))
        return NULL;
    target = must(malloc(size + 1));
    length = readlinkat(directory, name, target, size);
    target[length < 0 ? 0 : length] = '\0';
    return target;
}

/* The entry `name` of the folder. */
static void entries_add(struct entries *entries, int directory, const char *name,
                        const struct stat *status)
{
    if (entries->count == entries->capacity) {
        entries->capacity = entries->capacity * 2 + ENTRIES_GROWTH;
        entries->items = must(realloc(entries->items, entries->capacity * sizeof *entries->items));
    }
    entries->items[entries->count++] =
        (struct entry){must(strdup(name)), target_read(directory, name, status), *status};
}

static void entries_free(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++) {
        free(entries->items[i].name);
        free(entries->items[i].target);
    }
    free(entries->items);
}

/* ---- printing -------------------------------------------------------------------------------- */

/* On a terminal no name can do more than stand there. */
static void name_print(const char *name)
{
    if (!is_terminal) {
        fputs(name, stdout);
        return;
    }
    for (; *name != '\0'; name++)
        putchar(iscntrl((unsigned char)*name) ? '?' : *name);
}

/* The columns of -l and -i, as wide as their widest entry. */
struct widths {
    int links, size, inode;
};

static const char *size_text(char text[NUMBER_TEXT], off_t size)
{
    if (human)
        return number_human(text, (uint64_t)size);
    snprintf(text, NUMBER_TEXT, "%lld", (long long)size);
    return text;
}

static struct widths widths_of(const struct entries *entries)
{
    struct widths widths = {0};
    char text[NUMBER_TEXT];

    for (size_t i = 0; i < entries->count; i++) {
        const struct stat *status = &entries->items[i].status;
        int links = number_width(status->st_nlink), inode = number_width(status->st_ino);
        int size = (int)strlen(size_text(text, status->st_size));

        widths.links = links > widths.links ? links : widths.links;
        widths.size = size > widths.size ? size : widths.size;
        widths.inode = inode > widths.inode ? inode : widths.inode;
    }
    return widths;
}

static void entry_print_long(const struct entry *entry, const struct widths *widths)
{
    const struct stat *status = &entry->status;
    char permissions[MODE_TEXT], size[NUMBER_TEXT], when[32];
    struct tm time;

    gmtime_r(&status->st_mtim.tv_sec, &time);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M", &time);
    printf("%s %*d %*s %s ", mode_text(permissions, status->st_mode), widths->links,
           (int)status->st_nlink, widths->size, size_text(size, status->st_size), when);
    name_print(entry->name);
    if (entry->target != NULL) {
        fputs(" -> ", stdout);
        name_print(entry->target);
    }
}

static void inode_print(const struct entry *entry, const struct widths *widths)
{
    if (show_inode)
        printf("%*llu ", widths->inode, (unsigned long long)entry->status.st_ino);
}

static size_t terminal_columns(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 ? COLUMNS_UNKNOWN
                                                                            : size.ws_col;
}

/* Prints the names in columns, sorted downwards. */
static void entries_print_columns(const struct entries *entries, const struct widths *widths)
{
    size_t widest = 0, count = entries->count;

    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(entries->items[i].name);

        widest = length > widest ? length : widest;
    }
    size_t width = widest + COLUMN_GAP + (show_inode ? (size_t)widths->inode + 1 : 0);
    size_t columns = terminal_columns() / width;
    columns = columns == 0 ? 1 : columns;
    size_t rows = (count + columns - 1) / columns;
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = row; i < count; i += rows) {
            const struct entry *entry = &entries->items[i];

            inode_print(entry, widths);
            name_print(entry->name);
            if (i + rows < count)
                printf("%*s", (int)(widest + COLUMN_GAP - strlen(entry->name)), "");
        }
        putchar('\n');
    }
}

static void entries_print(const struct entries *entries)
{
    struct widths widths = widths_of(entries);

    if (!show_long && !show_single) {
        entries_print_columns(entries, &widths);
        return;
    }
    for (size_t i = 0; i < entries->count; i++) {
        inode_print(&entries->items[i], &widths);
        if (show_long)
            entry_print_long(&entries->items[i], &widths);
        else
            name_print(entries->items[i].name);
        putchar('\n');
    }
}

/* The room that all of a folder takes. */
static void total_print(const struct entries *entries)
{
    uint64_t bytes = 0;
    char text[NUMBER_TEXT];

    for (size_t i = 0; i < entries->count; i++)
        bytes += (uint64_t)entries->items[i].status.st_blocks * STATUS_BLOCK;
    if (human)
        printf("total %s\n", number_human(text, bytes));
    else
        printf("total %llu\n", (unsigned long long)((bytes + KIB - 1) / KIB));
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool is_dots(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

static int entry_read(struct entries *entries, int directory, const char *path, const char *name)
{
    struct stat status = {0};

    if (need_status() && fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        char *full = place_join(path, name);

        complain_errno("cannot access %s", quoted(full));
        free(full);
        return STATUS_MINOR;
    }
    entries_add(entries, directory, name, &status);
    return 0;
}

/* Reads the folder, which is open as `file`. File servers need not list the dots. */
static int entries_read(struct entries *entries, int file, const char *path)
{
    struct dirent *found;
    int status = 0, copy = dup(file);
    DIR *directory = copy < 0 ? NULL : fdopendir(copy);

    if (directory == NULL) {
        complain_errno("cannot open directory %s", quoted(path));
        if (copy >= 0)
            close(copy);
        return STATUS_MINOR;
    }
    if (show_dots) {
        worsen(&status, entry_read(entries, file, path, "."));
        worsen(&status, entry_read(entries, file, path, ".."));
    }
    while (errno = 0, (found = readdir(directory)) != NULL)
        if ((found->d_name[0] != '.' || show_hidden) && !is_dots(found->d_name))
            worsen(&status, entry_read(entries, file, path, found->d_name));
    if (errno != 0) {
        complain_errno("reading directory %s", quoted(path));
        worsen(&status, STATUS_MINOR);
    }
    closedir(directory);
    return status;
}

static int folder_list(struct trail *trail, int directory, const char *name, const char *path);

/* Lists the folders among the entries of the folder that the trail is in. */
static int folders_list(struct trail *trail, const struct entries *entries, const char *path)
{
    int status = 0;

    for (size_t i = 0; i < entries->count && trail->count != 0; i++) {
        const struct entry *entry = &entries->items[i];

        if (!S_ISDIR(entry->status.st_mode) || is_dots(entry->name))
            continue;
        char *full = place_join(path, entry->name);
        putchar('\n');
        worsen(&status, folder_list(trail, trail_file(trail), entry->name, full));
        free(full);
    }
    return status;
}

/* Lists the folder `name` of `directory`, for -R with those in it. `path` is what it is called. */
static int folder_list(struct trail *trail, int directory, const char *name, const char *path)
{
    struct entries entries = {0};
    int flags = trail->count == 0 ? 0 : O_NOFOLLOW, status;

    if (!trail_enter(trail, directory, name, flags)) {
        complain_errno("cannot open directory %s", quoted(path));
        return flags == 0 ? STATUS_SERIOUS : STATUS_MINOR;
    }
    if (recursive) {
        name_print(path);
        puts(":");
    }
    status = entries_read(&entries, trail_file(trail), path);
    entries_sort(&entries);
    if (show_long)
        total_print(&entries);
    entries_print(&entries);
    if (recursive)
        worsen(&status, folders_list(trail, &entries, path));
    entries_free(&entries);
    if (trail->count != 0 && !trail_leave(trail)) {
        complain_errno("cannot go back to the folder that held %s", quoted(path));
        trail_end(trail);
        worsen(&status, STATUS_SERIOUS);
    }
    return status;
}

/* ---- arguments ------------------------------------------------------------------------------- */

/* What the argument is: what a symbolic link leads to, if it is to be listed as a folder. */
static int argument_status(const char *path, struct stat *status)
{
    if (show_folders || show_long)
        return lstat(path, status);
    return stat(path, status) == 0 ? 0 : lstat(path, status);
}

/* Sorts the arguments into files and folders. Returns the status so far. */
static int arguments_sort(char **paths, int count, struct entries *files, struct entries *folders)
{
    int result = 0;

    for (int i = 0; i < count; i++) {
        struct stat status;

        if (argument_status(paths[i], &status) != 0) {
            complain_errno("cannot access %s", quoted(paths[i]));
            result = STATUS_SERIOUS;
            continue;
        }
        bool is_folder = S_ISDIR(status.st_mode) && !show_folders;
        entries_add(is_folder ? folders : files, AT_FDCWD, paths[i], &status);
    }
    entries_sort(files);
    entries_sort(folders);
    return result;
}

static int arguments_list(char **paths, int count)
{
    struct entries files = {0}, folders = {0};
    int status = arguments_sort(paths, count, &files, &folders);

    if (files.count != 0)
        entries_print(&files);
    for (size_t i = 0; i < folders.count; i++) {
        const char *path = folders.items[i].name;
        struct trail trail = {0};

        if (files.count != 0 || i != 0)
            putchar('\n');
        if (count > 1 && !recursive) {
            name_print(path);
            puts(":");
        }
        worsen(&status, folder_list(&trail, AT_FDCWD, path, path));
        trail_end(&trail);
    }
    entries_free(&files);
    entries_free(&folders);
    return status;
}

static bool option_set(int option)
{
    static const struct {
        char letter;
        bool *value;
    } options[] = {
        {'1', &show_single}, {'A', &show_hidden}, {'d', &show_folders}, {'h', &human},
        {'i', &show_inode},  {'l', &show_long},   {'R', &recursive},    {'r', &backwards},
    };

    if (option == 'a')
        show_hidden = show_dots = true;
    if (option == 't' || option == 'S') {
        by_time = option == 't';
        by_size = option == 'S';
    }
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (options[i].letter == option)
            *options[i].value = true;
    return option != '?';
}

int main(int argc, char **argv)
{
    static char here[] = ".", *only_here[] = {here};
    int option, count;

    complain_as("ls");
    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "1AadhilRrSt")) != -1)
        if (!option_set(option))
            return utility_misuse(usage);
    is_terminal = isatty(STDOUT_FILENO) != 0;
    show_single |= !is_terminal;
    count = argc - optind;
    int status = count == 0 ? arguments_list(only_here, 1) : arguments_list(argv + optind, count);
    return utility_finish("ls", 0) != 0 ? STATUS_SERIOUS : status;
}
