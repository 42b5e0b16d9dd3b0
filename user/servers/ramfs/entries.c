/* entries.c - the names in a directory: a tree by name to find them, one by number to list them.
 *
 * Numbers only grow, so whoever reads a directory piece by piece sees each name that stays once,
 * whatever comes and goes meanwhile.
 */
#include "ramfs.h"

#include <string.h>
#include <sys/stat.h>

#include "space.h"

enum { DOT, DOT_DOT, FIRST_NUMBER };

static int compare_names(const struct entry *a, const struct entry *b)
{
    size_t common = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->text, b->text, common);

    return order != 0 ? order : (a->length > b->length) - (a->length < b->length);
}

static int compare_numbers(const struct entry *a, const struct entry *b)
{
    return (a->number > b->number) - (a->number < b->number);
}

RB_PROTOTYPE(names, entry, by_name, compare_names)
RB_GENERATE(names, entry, by_name, compare_names)
RB_PROTOTYPE(numbers, entry, by_number, compare_numbers)
RB_GENERATE(numbers, entry, by_number, compare_numbers)

static int compare_text(struct file_name name, const struct entry *entry)
{
    size_t common = name.length < entry->length ? name.length : entry->length;
    int order = memcmp(name.text, entry->text, common);

    return order != 0 ? order : (name.length > entry->length) - (name.length < entry->length);
}

struct entry *entry_find(struct file_node *directory, struct file_name name)
{
    struct entry *entry = RB_ROOT(&directory->names);

    while (entry != NULL) {
        int order = compare_text(name, entry);

        if (order == 0)
            break;
        entry = order < 0 ? RB_LEFT(entry, by_name) : RB_RIGHT(entry, by_name);
    }
    return entry;
}

struct entry *entry_make(struct file_name name)
{
    struct entry *entry = space_take(sizeof *entry + name.length + 1);

    if (entry == NULL)
        return NULL;
    entry->length = name.length;
    memcpy(entry->text, name.text, name.length);
    return entry;
}

void entry_free(struct entry *entry)
{
    if (entry != NULL)
        space_give(entry, sizeof *entry + entry->length + 1);
}

static void set_parent(struct file_node *node, struct file_node *directory)
{
    struct file_node *old = node->parent;

    if (old == directory)
        return;
    node_hold(directory);
    node->parent = directory;
    if (old != NULL)
        node_put(old);
}

void entry_insert(struct file_node *directory, struct entry *entry, struct file_node *node)
{
    entry->node = node;
    entry->number = FIRST_NUMBER + directory->next_number++;
    RB_INSERT(names, &directory->names, entry);
    RB_INSERT(numbers, &directory->numbers, entry);
    directory->size++;
    node->links++;
    if (node_is_directory(node)) {
        node->links++; /* its own `.` */
        directory->links++;
        set_parent(node, directory);
    }
}

void entry_remove(struct file_node *directory, struct entry *entry)
{
    RB_REMOVE(names, &directory->names, entry);
    RB_REMOVE(numbers, &directory->numbers, entry);
    directory->size--;
    entry->node->links--;
    if (node_is_directory(entry->node)) {
        entry->node->links--;
        directory->links--;
    }
}

/* ---- reading ---- */

/* -> the length of the record, or 0 if it does not fit. */
static size_t put_record(const struct file_node *node, struct file_name name, char *buffer,
                         size_t size)
{
    size_t record = (offsetof(struct file_entry, name) + name.length + 1 + 7) & ~(size_t)7;
    struct file_entry entry = {
        .inode = node->inode,
        .length = (uint16_t)record,
        .type = (uint8_t)(node->mode >> 12), /* S_IFMT of sys/stat.h as DT_ */
    };

    if (record > size)
        return 0;
    memset(buffer, 0, record);
    memcpy(buffer, &entry, offsetof(struct file_entry, name));
    memcpy(buffer + offsetof(struct file_entry, name), name.text, name.length);
    return record;
}

/* What stands at *position or is the next behind it: its record, and in *position its number. -> 0:
 * it does not fit; -1: there is nothing any more. */
static long next_record(struct file_node *directory, uint64_t *position, char *buffer, size_t size)
{
    struct entry wanted = {.number = *position};
    struct entry *entry;

    if (*position == DOT)
        return (long)put_record(directory, (struct file_name){".", 1}, buffer, size);
    if (*position == DOT_DOT)
        return (long)put_record(directory->parent, (struct file_name){"..", 2}, buffer, size);
    entry = RB_NFIND(numbers, &directory->numbers, &wanted);
    if (entry == NULL)
        return -1;
    *position = entry->number;
    return (long)put_record(entry->node, (struct file_name){entry->text, entry->length}, buffer,
                            size);
}

long entries_fill(struct file_node *directory, uint64_t *position, char *records, size_t size)
{
    size_t filled = 0;

    if (directory->links == 0)
        return 0;
    for (;;) {
        uint64_t at = *position;
        long record = next_record(directory, &at, records + filled, size - filled);

        if (record == 0)
            return filled > 0 ? (long)filled : -E_INVAL;
        if (record < 0)
            return (long)filled;
        filled += (size_t)record;
        *position = at + 1;
    }
}
