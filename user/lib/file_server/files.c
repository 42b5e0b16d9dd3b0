/* files.c - open files.
 *
 * Records lie in blocks that are allocated as needed and never move, so a record in use needs no
 * lock. Free ones form a list through `next_free`. A badge is FILE_SERVER_BADGE, the start number
 * in the 31 bits below, and the place in the lower half; place 0 is the root's, which is never
 * free, and so 0 ends the list too.
 *
 * Lock: table_lock guards the blocks, the list, the counts, and `uses` of every record.
 */
#include "files.h"

#include <stdlib.h>

enum { BLOCK_RECORDS = 64, BLOCKS_MAX = 4096, START_BITS = 31, PLACE_BITS = 32 };

static struct open_file root;
static struct open_file *block[BLOCKS_MAX]; /* record 0 of the first is not used */
static struct mutex table_lock;
static uint32_t blocks, first_free, open_count;
static uint64_t start_number;

void files_init(uint32_t start, struct file_node *node)
{
    start_number = start & ((1u << START_BITS) - 1);
    root = (struct open_file){.node = node, .uses = 1};
}

struct file_node *files_root(void) { return root.node; }

uint32_t files_count(void) { return __atomic_load_n(&open_count, __ATOMIC_RELAXED); }

static uint64_t badge_of(uint32_t place)
{
    return FILE_SERVER_BADGE | start_number << PLACE_BITS | place;
}

static struct open_file *record_at(uint32_t place)
{
    return &block[place / BLOCK_RECORDS][place % BLOCK_RECORDS];
}

static enum error grow_locked(void)
{
    struct open_file *records =
        blocks < BLOCKS_MAX ? calloc(BLOCK_RECORDS, sizeof records[0]) : NULL;

    if (records == NULL)
        return E_NOMEM;
    for (uint32_t i = BLOCK_RECORDS; i-- > 0;) {
        uint32_t place = blocks * BLOCK_RECORDS + i;

        records[i] = (struct open_file){.place = place, .next_free = first_free};
        if (place != 0)
            first_free = place;
    }
    block[blocks++] = records;
    return E_OK;
}

enum error files_open(struct file_node *node, uint32_t flags, uint64_t *badge)
{
    enum error error = E_OK;

    mutex_lock(&table_lock);
    if (first_free == 0)
        error = grow_locked();
    if (error == E_OK) {
        uint32_t place = first_free;
        struct open_file *file = record_at(place);

        first_free = file->next_free;
        *file = (struct open_file){.node = node, .flags = flags, .uses = 1, .place = place};
        open_count++;
        *badge = badge_of(place);
    }
    mutex_unlock(&table_lock);
    return error;
}

static struct open_file *find_locked(uint64_t badge)
{
    uint32_t place = (uint32_t)badge;

    if (badge != badge_of(place) || place == 0 || place >= blocks * BLOCK_RECORDS)
        return NULL;
    return record_at(place)->uses > 0 ? record_at(place) : NULL;
}

struct open_file *files_use(uint64_t badge)
{
    struct open_file *file;

    if (badge == FILE_SERVER_ROOT)
        return &root;
    mutex_lock(&table_lock);
    file = find_locked(badge);
    if (file != NULL)
        file->uses++;
    mutex_unlock(&table_lock);
    return file;
}

uint64_t files_number(const struct open_file *file) { return badge_of(file->place); }

struct open_file *files_use_number(uint64_t number)
{
    if (number == badge_of(0))
        return &root;
    return number == FILE_SERVER_ROOT ? NULL : files_use(number);
}

/* One use less; the last one frees the record. */
void files_done(struct file_system *fs, struct open_file *file)
{
    struct file_node *unused = NULL;

    if (file == &root)
        return;
    mutex_lock(&table_lock);
    if (--file->uses == 0) {
        unused = file->node;
        file->node = NULL;
        file->next_free = first_free;
        first_free = file->place;
        open_count--;
    }
    mutex_unlock(&table_lock);
    if (unused != NULL)
        fs->operations->put(fs, unused);
}

void files_close(struct file_system *fs, uint64_t badge)
{
    struct open_file *file;

    mutex_lock(&table_lock);
    file = find_locked(badge);
    mutex_unlock(&table_lock);
    if (file != NULL)
        files_done(fs, file);
}
