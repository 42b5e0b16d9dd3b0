/* directory_scan.c - scandir and alphasort: a directory's entries as an array. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct entries {
    struct dirent **list;
    size_t count, room;
};

enum { FIRST_ROOM = 16 };

static int add(struct entries *entries, const struct dirent *entry)
{
    struct dirent *copy;

    if (entries->count == entries->room) {
        size_t room = entries->room > 0 ? 2 * entries->room : FIRST_ROOM;
        struct dirent **list = reallocarray((void *)entries->list, room, sizeof(list[0]));

        if (list == NULL)
            return -1;
        entries->list = list;
        entries->room = room;
    }
    copy = malloc(sizeof(*copy));
    if (copy == NULL)
        return -1;
    *copy = *entry;
    entries->list[entries->count++] = copy;
    return 0;
}

static int read_all(DIR *directory, int (*wanted)(const struct dirent *), struct entries *entries)
{
    const struct dirent *entry;

    errno = 0;
    while ((entry = readdir(directory)) != NULL)
        if ((wanted == NULL || wanted(entry) != 0) && add(entries, entry) != 0)
            return -1;
    return errno == 0 ? 0 : -1;
}

static void forget(struct entries *entries)
{
    while (entries->count > 0)
        free(entries->list[--entries->count]);
    free((void *)entries->list);
}

int alphasort(const struct dirent **a, const struct dirent **b)
{
    return strcoll((*a)->d_name, (*b)->d_name);
}

int scandir(const char *path, struct dirent ***list, int (*wanted)(const struct dirent *),
            int (*compare)(const struct dirent **, const struct dirent **))
{
    struct entries entries = {0};
    int reason = errno, result;
    DIR *directory = opendir(path);

    if (directory == NULL)
        return -1;
    result = read_all(directory, wanted, &entries);
    if (result != 0)
        reason = errno;
    closedir(directory);
    errno = reason;
    if (result != 0) {
        forget(&entries);
        return -1;
    }
    if (compare != NULL && entries.count > 0)
        qsort((void *)entries.list, entries.count, sizeof(entries.list[0]),
              (int (*)(const void *, const void *))compare);
    *list = entries.list;
    return (int)entries.count;
}
