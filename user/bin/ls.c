/* ls.c - lists directories. Files that are named come first, then the contents of folders. */
#include <dirent.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "utility.h"

static const char usage[] = "usage: ls [-1al] [FILE...]\n"
                            "Lists the files, and what is in the folders; none: in this one.\n"
                            "  -1   one name on a line\n"
                            "  -a   also names that begin with `.`\n"
                            "  -l   with type and permissions, links, size and time\n";

enum { COLUMNS_UNKNOWN = 80, COLUMN_GAP = 2 };

static bool show_hidden, show_long, show_single;

struct entry {
    char *name;
    struct stat status; /* filled for -l */
};

struct entries {
    struct entry *items;
    size_t count, capacity;
};

static int entry_compare(const void *left, const void *right)
{
    return strcmp(((const struct entry *)left)->name, ((const struct entry *)right)->name);
}

static void *must(void *memory)
{
    if (memory == NULL) {
        fputs("ls: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

static void entries_add(struct entries *entries, const char *name, const struct stat *status)
{
    if (entries->count == entries->capacity) {
        entries->capacity = entries->capacity * 2 + 32;
        entries->items = must(realloc(entries->items, entries->capacity * sizeof *entries->items));
    }
    entries->items[entries->count++] = (struct entry){must(strdup(name)), *status};
}

static void entries_free(struct entries *entries)
{
    for (size_t i = 0; i < entries->count; i++)
        free(entries->items[i].name);
    free(entries->items);
}

/* ---- printing -------------------------------------------------------------------------------- */

static char type_letter(mode_t mode)
{
    return S_ISDIR(mode)   ? 'd'
           : S_ISCHR(mode) ? 'c'
           : S_ISBLK(mode) ? 'b'
           : S_ISLNK(mode) ? 'l'
                           : '-';
}

static void entry_print_long(const struct entry *entry)
{
    static const char letters[] = "rwxrwxrwx";
    const struct stat *status = &entry->status;
    char permissions[sizeof letters], when[32];
    struct tm time;

    for (int i = 0; i < 9; i++)
        permissions[i] = (status->st_mode & (0400u >> i)) != 0 ? letters[i] : '-';
    permissions[9] = '\0';
    gmtime_r(&status->st_mtime, &time);
    strftime(when, sizeof when, "%Y-%m-%d %H:%M", &time);
    printf("%c%s %3d %9lld %s %s\n", type_letter(status->st_mode), permissions,
           (int)status->st_nlink, (long long)status->st_size, when, entry->name);
}

static size_t terminal_columns(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 ? COLUMNS_UNKNOWN
                                                                            : size.ws_col;
}

/* Prints the names in columns, sorted downwards. */
static void entries_print_columns(const struct entries *entries)
{
    size_t widest = 0, count = entries->count;

    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(entries->items[i].name);

        widest = length > widest ? length : widest;
    }
    size_t columns = terminal_columns() / (widest + COLUMN_GAP);
    columns = columns == 0 ? 1 : columns;
    size_t rows = (count + columns - 1) / columns;
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = row; i < count; i += rows) {
            bool is_last = i + rows >= count;

            printf("%-*s", is_last ? 0 : (int)(widest + COLUMN_GAP), entries->items[i].name);
        }
        putchar('\n');
    }
}

static void entries_print(struct entries *entries)
{
    if (entries->count == 0)
        return;
    qsort(entries->items, entries->count, sizeof *entries->items, entry_compare);
    if (!show_long && !show_single) {
        entries_print_columns(entries);
        return;
    }
    for (size_t i = 0; i < entries->count; i++)
        if (show_long)
            entry_print_long(&entries->items[i]);
        else
            puts(entries->items[i].name);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The state of `name` in the folder `path`. */
static int status_read(const char *path, const char *name, struct stat *status)
{
    size_t size = strlen(path) + strlen(name) + 2;
    char *full = must(malloc(size));

    snprintf(full, size, "%s/%s", path, name);
    int result = stat(full, status);
    int error = errno;
    free(full);
    errno = error;
    return result;
}

static int folder_list(const char *path)
{
    struct entries entries = {0};
    struct dirent *found;
    int status = 0;
    DIR *directory = opendir(path);

    if (directory == NULL)
        return utility_fail("ls", path, errno);
    while (errno = 0, (found = readdir(directory)) != NULL) {
        struct stat state = {0};

        if (found->d_name[0] == '.' && !show_hidden)
            continue;
        if (show_long && status_read(path, found->d_name, &state) != 0)
            status = utility_fail("ls", found->d_name, errno);
        else
            entries_add(&entries, found->d_name, &state);
    }
    if (errno != 0)
        status = utility_fail("ls", path, errno);
    closedir(directory);
    entries_print(&entries);
    entries_free(&entries);
    return status;
}

/* Lists the arguments that are not folders, and moves the folders to the beginning of `paths`.
 * Returns the status so far. */
static int files_list(char **paths, int count, int *folders)
{
    struct entries files = {0};
    int status = 0;

    *folders = 0;
    for (int i = 0; i < count; i++) {
        struct stat state;

        if (stat(paths[i], &state) != 0)
            status = utility_fail("ls", paths[i], errno);
        else if (S_ISDIR(state.st_mode))
            paths[(*folders)++] = paths[i];
        else
            entries_add(&files, paths[i], &state);
    }
    entries_print(&files);
    if (files.count != 0 && *folders != 0)
        putchar('\n');
    entries_free(&files);
    return status;
}

static bool options_read(int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "1al")) != -1) {
        switch (option) {
        case '1':
            show_single = true;
            break;
        case 'a':
            show_hidden = true;
            break;
        case 'l':
            show_long = true;
            break;
        default:
            return false;
        }
    }
    show_single |= !isatty(STDOUT_FILENO);
    return true;
}

int main(int argc, char **argv)
{
    static char here[] = ".", *only_here[] = {here};
    int folders;

    if (utility_help(argc, argv, usage))
        return 0;
    if (!options_read(argc, argv))
        return utility_misuse(usage);
    int count = argc - optind;
    char **paths = count == 0 ? only_here : argv + optind;
    int status = files_list(paths, count == 0 ? 1 : count, &folders);
    for (int i = 0; i < folders; i++) {
        if (count > 1)
            printf("%s%s:\n", i == 0 ? "" : "\n", paths[i]);
        status |= folder_list(paths[i]);
    }
    return utility_finish("ls", status);
}
