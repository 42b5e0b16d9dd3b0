/* du.c - says how much room files and folders take. */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/complain.h"
#include "lib/links.h"
#include "lib/number.h"
#include "lib/walk.h"
#include "utility.h"

static const char usage[] = "usage: du [-ahks] [FILE...]\n"
                            "Says how much room the folders take, in KiB; none: this one.\n"
                            "  -a   of each file too\n"
                            "  -s   only the sum for each argument\n"
                            "  -h   in a unit that fits\n"
                            "  -k   in KiB, as without it\n";

enum { STATUS_BLOCK = 512, KIB = 1024, SUMS_GROWTH = 16 };

static bool show_all, only_sum, human;

/* Files of several names that were counted: their room is taken once. */
static struct link_table counted;

/* The room of what was seen in each folder on the way; the last is the innermost. */
struct usage {
    uint64_t *sums;
    size_t count, capacity;
    int status;
};

static void sum_push(struct usage *room, uint64_t bytes)
{
    if (room->count == room->capacity) {
        room->capacity += room->capacity + SUMS_GROWTH;
        room->sums = must(realloc(room->sums, room->capacity * sizeof *room->sums));
    }
    room->sums[room->count++] = bytes;
}

static void sum_print(uint64_t bytes, const char *path)
{
    char text[NUMBER_TEXT];

    if (human)
        printf("%s\t%s\n", number_human(text, bytes), path);
    else
        printf("%llu\t%s\n", (unsigned long long)((bytes + KIB - 1) / KIB), path);
}

/* What is counted goes to the folder above. */
static void sum_add(struct usage *room, uint64_t bytes)
{
    if (room->count != 0)
        room->sums[room->count - 1] += bytes;
}

/* Whether another name of this file was counted. */
static bool is_counted(const struct stat *status)
{
    if (status->st_nlink < 2)
        return false;
    if (links_find(&counted, status) != NULL)
        return true;
    links_add(&counted, status, "");
    return false;
}

static enum walk_answer visit(void *context, enum walk_when when, const struct walk_entry *entry)
{
    struct usage *room = context;
    uint64_t bytes = entry->status == NULL ? 0 : (uint64_t)entry->status->st_blocks * STATUS_BLOCK;

    switch (when) {
    case WALK_ENTER:
        sum_push(room, bytes);
        break;
    case WALK_FILE:
        if (is_counted(entry->status))
            break;
        sum_add(room, bytes);
        if (entry->depth == 0 || (show_all && !only_sum))
            sum_print(bytes, entry->path);
        break;
    case WALK_LEAVE:
        bytes = room->sums[--room->count];
        sum_add(room, bytes);
        if (entry->depth == 0 || !only_sum)
            sum_print(bytes, entry->path);
        break;
    case WALK_UNREADABLE:
        room->status =
            complain_errno(entry->status == NULL ? "cannot access %s" : "cannot read directory %s",
                           quoted(entry->path));
        break;
    }
    return WALK_GO_ON;
}

static int path_measure(const char *path)
{
    struct usage room = {0};
    int status = walk(path, false, visit, &room);

    free(room.sums);
    return status | room.status;
}

int main(int argc, char **argv)
{
    int option, status = 0;

    complain_as("du");
    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "ahks")) != -1) {
        if (option == '?')
            return complain_usage(usage);
        show_all |= option == 'a';
        only_sum |= option == 's';
        human = option == 'h' || (human && option != 'k');
    }
    if (show_all && only_sum) {
        complain("cannot both summarize and show all entries");
        return complain_usage(usage);
    }
    if (optind == argc)
        status = path_measure(".");
    for (int i = optind; i < argc; i++)
        status |= path_measure(argv[i]);
    return utility_finish("du", status);
}
