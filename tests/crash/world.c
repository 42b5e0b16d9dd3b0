/* world.c - see world.h. */
#include "world.h"

#include <assert.h>

#include "servers/ext2/journal.h"

enum { CACHE_BYTES = 64 * WORLD_BLOCK, ROOTS_AT = 1 };

void world_fill(void *block, uint32_t stamp)
{
    struct chance bytes = {stamp};
    uint64_t *word = block;

    for (size_t i = 0; i < WORLD_BLOCK / sizeof *word; i++)
        word[i] = chance_next(&bytes);
    if (stamp % 4 == 0)
        memcpy(block, &(struct be32){be32_make(JBD_MAGIC).v}, sizeof(struct be32));
}

static void change_meanwhile(struct world *world);

/* ---- what the store asks of its owner -------------------------------------------------------- */

static void lock(void *context)
{
    struct world *world = context;

    assert(!world->locked);
    world->locked = true;
}

static void unlock(void *context)
{
    struct world *world = context;

    assert(world->locked);
    world->locked = false;
    change_meanwhile(world);
}

/* There is one thread: whatever it would wait for never comes. */
static void wait_in_vain(void *context)
{
    (void)context;
    abort();
}

static void wake(void *context) { (void)context; }

static enum error write_node(struct world *world, size_t node)
{
    uint8_t block[WORLD_BLOCK];
    const struct world_root *root = &world->now.root[node / WORLD_ROOT_NODES];

    world->pending[node] = false;
    world_fill(block, root->node[node % WORLD_ROOT_NODES].stamp);
    return world->disk.disk.write(&world->disk.disk, (WORLD_NODE_FIRST + node) * WORLD_BLOCK,
                                  sizeof block, block);
}

static enum error write_data(void *context)
{
    struct world *world = context;
    enum error error = E_OK;

    for (size_t i = 0; i < WORLD_NODES && error == E_OK; i++) {
        if (!world->pending[i])
            continue;
        unlock(world);
        lock(world);
        if (world->pending[i]) /* still */
            error = write_node(world, i);
    }
    return error;
}

static enum error no_data(void *context)
{
    (void)context;
    return E_OK;
}

/* The journal's second half lies before its first one. */
static enum error home_of(void *context, uint32_t index, uint64_t *block)
{
    const uint32_t half = *(const uint32_t *)context / 2;

    *block = WORLD_JOURNAL_FIRST + (index < half ? half + 1 + index : index - half);
    return E_OK;
}

static enum error open_journal(struct store *store, uint32_t journal_blocks)
{
    const struct store_place place = {&journal_blocks, home_of, journal_blocks};
    const char *complaint;
    bool replayed;
    enum error error = store_open_journal(store, &place, &replayed, &complaint);

    if (error != E_OK)
        printf("the journal was not opened: %s\n", complaint != NULL ? complaint : "-");
    return error;
}

/* ---- a world ------------------------------------------------------------------------------- */

static void make_journal(struct world *world, uint32_t blocks)
{
    uint8_t block[WORLD_BLOCK] = {0};
    struct jbd_superblock *superblock = (struct jbd_superblock *)block;
    uint64_t home;

    superblock->header = jbd_header(JBD_SUPERBLOCK_V2, 0);
    superblock->block_size = be32_make(WORLD_BLOCK);
    superblock->length = be32_make(blocks);
    superblock->first = be32_make(1);
    /* Soon these numbers begin anew, which must not matter. */
    superblock->sequence = be32_make(UINT32_MAX - 20);
    home_of(&blocks, 0, &home);
    memory_disk_put(&world->disk, home * WORLD_BLOCK, sizeof block, block);
}

static void remember(struct world *world)
{
    if (world->changes >= world->room) {
        world->room = world->room ? world->room * 2 : 64;
        world->after = realloc(world->after, world->room * sizeof *world->after);
        assert(world->after != NULL);
    }
    world->after[world->changes] = world->now;
}

void world_init(struct world *world, struct chance *chance, uint32_t journal_blocks)
{
    assert(journal_blocks < WORLD_JOURNAL_MAX);
    *world = (struct world){.chance = chance, .journal_blocks = journal_blocks};
    memory_disk_init(&world->disk, WORLD_BLOCKS * WORLD_BLOCK);
    if (journal_blocks > 0)
        make_journal(world, journal_blocks);
    world->begin = malloc(WORLD_BLOCKS * WORLD_BLOCK);
    assert(world->begin != NULL);
    memcpy(world->begin, world->disk.bytes, WORLD_BLOCKS * WORLD_BLOCK);
    world->disk.log = &world->log;
    remember(world);
}

void world_destroy(struct world *world)
{
    if (world->store != NULL)
        store_destroy(world->store);
    assert(world->disk.allocated == 0);
    memory_disk_destroy(&world->disk);
    disk_log_free(&world->log);
    free(world->after);
    free(world->begin);
}

enum error world_recover(struct memory_disk *disk, uint32_t journal_blocks)
{
    struct world locks = {.locked = true};
    const struct store_owner owner = {&locks, lock, unlock, wait_in_vain, wake, no_data};
    struct store *store;
    enum error error = store_create(&disk->disk, WORLD_BLOCK, CACHE_BYTES, &owner, &store);

    if (error != E_OK)
        return error;
    error = open_journal(store, journal_blocks);
    store_destroy(store);
    return error;
}

bool world_reopen(struct world *world, const uint8_t *state)
{
    uint64_t change;

    if (world->store != NULL)
        store_destroy(world->store);
    world->store = NULL;
    memcpy(world->begin, state, WORLD_BLOCKS * WORLD_BLOCK);
    memcpy(world->disk.bytes, state, WORLD_BLOCKS * WORLD_BLOCK);
    memset(world->pending, 0, sizeof world->pending);
    disk_log_clear(&world->log);
    world_open(world);
    memcpy(&change, world->disk.bytes + ROOTS_AT * WORLD_BLOCK, sizeof change);
    if (change > world->changes)
        return false;
    world->changes = change;
    world->now = world->after[change];
    disk_log_mark(&world->log, change);
    return true;
}

void world_open(struct world *world)
{
    const struct store_owner owner = {world, lock, unlock, wait_in_vain, wake, write_data};
    enum error error =
        store_create(&world->disk.disk, WORLD_BLOCK, CACHE_BYTES, &owner, &world->store);

    assert(error == E_OK);
    world->locked = true;
    if (world->journal_blocks > 0)
        error = open_journal(world->store, world->journal_blocks);
    assert(error == E_OK);
}

void world_close(struct world *world)
{
    enum error error =
        world->journal_blocks ? store_close_journal(world->store) : store_commit(world->store);

    assert(error == E_OK);
    disk_log_mark(&world->log, world->changes);
    store_destroy(world->store);
    world->store = NULL;
}

void world_commit(struct world *world)
{
    const size_t changes = world->changes;
    enum error error = store_commit(world->store);

    assert(error == E_OK);
    disk_log_mark(&world->log, changes);
}

/* ---- changes ------------------------------------------------------------------------------- */

static struct buffer *get(struct world *world, uint64_t block, bool zeroed)
{
    struct buffer *buffer;
    enum error error = zeroed ? buffer_get_zeroed(world->store, block, &buffer)
                              : buffer_get(world->store, block, &buffer);

    assert(error == E_OK);
    assert(buffer->block == block);
    return buffer;
}

static void write_metadata(struct world *world, struct change *change, size_t node, bool fresh)
{
    struct world_node *entry =
        &world->now.root[node / WORLD_ROOT_NODES].node[node % WORLD_ROOT_NODES];
    struct buffer *buffer = get(world, WORLD_NODE_FIRST + node, fresh);
    uint8_t expected[WORLD_BLOCK];

    if (!fresh) {
        world_fill(expected, entry->stamp);
        assert(memcmp(buffer->data, expected, WORLD_BLOCK) == 0);
    }
    change_buffer(change, buffer);
    *entry = (struct world_node){WORLD_METADATA, ++world->stamps};
    world_fill(buffer->data, entry->stamp);
    buffer_put(world->store, buffer);
}

static void change_node(struct world *world, struct change *change, size_t node)
{
    struct world_node *entry =
        &world->now.root[node / WORLD_ROOT_NODES].node[node % WORLD_ROOT_NODES];
    const uint64_t block = WORLD_NODE_FIRST + node;

    if (entry->use == WORLD_FREE && !store_may_use(world->store, block))
        return;
    if (entry->use == WORLD_FREE && chance_below(world->chance, 2) == 0) {
        *entry = (struct world_node){WORLD_CONTENTS, ++world->stamps};
        world->pending[node] = true;
    } else if (entry->use == WORLD_FREE) {
        write_metadata(world, change, node, true);
    } else if (entry->use == WORLD_METADATA && chance_below(world->chance, 2) == 0) {
        write_metadata(world, change, node, false);
    } else {
        change_free(change, block, 1, entry->use == WORLD_METADATA);
        world->pending[node] = false;
        *entry = (struct world_node){WORLD_FREE, 0};
    }
}

static void write_roots(struct world *world, struct change *change)
{
    const struct world_roots *before = &world->after[world->changes - 1];

    for (size_t i = 0; i < WORLD_ROOTS; i++) {
        if (memcmp(&before->root[i], &world->now.root[i], sizeof before->root[i]) == 0)
            continue;
        struct buffer *buffer = get(world, ROOTS_AT + i, false);
        change_buffer(change, buffer);
        memcpy(buffer->data, &world->now.root[i], sizeof world->now.root[i]);
        buffer_put(world->store, buffer);
    }
}

static void change_some(struct world *world)
{
    const size_t nodes = 1 + chance_below(world->chance, WORLD_CHANGE_MAX - WORLD_ROOTS);
    struct change change;
    enum error error = change_begin(world->store, (uint32_t)(WORLD_ROOTS + nodes), &change);

    assert(error == E_OK);
    world->busy = true;
    for (size_t i = 0; i < nodes; i++)
        change_node(world, &change,
                    chance_below(world->chance, chance_below(world->chance, 2) ? 6 : WORLD_NODES));
    world->now.root[0].change = ++world->changes;
    write_roots(world, &change);
    change_end(&change);
    remember(world);
    world->busy = false;
}

/* The owner writes contents before anybody asks. */
static void write_some(struct world *world)
{
    const size_t node = chance_below(world->chance, WORLD_NODES);

    for (size_t i = 0; i < WORLD_NODES / 4; i++)
        if (world->pending[(node + i) % WORLD_NODES])
            (void)!write_node(world, (node + i) % WORLD_NODES);
}

/* Another thread, while one waits for the disk; as far as it would not have to wait itself. */
static void change_meanwhile(struct world *world)
{
    struct store *store = world->store;

    if (store == NULL || world->busy || store->closing || chance_below(world->chance, 3) != 0 ||
        store->changed_count + WORLD_CHANGE_MAX > store->limit)
        return;
    if (store->journal != NULL &&
        (!journal_has_room(store) || !journal_fits(store, WORLD_CHANGE_MAX)))
        return;
    world->locked = true;
    change_some(world);
    write_some(world);
    world->locked = false;
}

void world_step(struct world *world)
{
    switch (chance_below(world->chance, 8)) {
    case 0:
        world_commit(world);
        break;
    case 1:
        write_some(world);
        break;
    default:
        change_some(world);
    }
}

/* ---- looking at the end ---------------------------------------------------------------------- */

const char *world_check(const struct world *world, const struct memory_disk *disk, uint64_t oldest)
{
    const struct world_roots *expected;
    uint8_t bytes[WORLD_BLOCK];
    uint64_t change;

    memcpy(&change, disk->bytes + ROOTS_AT * WORLD_BLOCK, sizeof change);
    if (change > world->changes)
        return "no such change";
    if (change < oldest)
        return "a change is lost that was committed";
    expected = &world->after[change];
    for (size_t i = 0; i < WORLD_ROOTS; i++)
        if (memcmp(disk->bytes + (ROOTS_AT + i) * WORLD_BLOCK, &expected->root[i],
                   sizeof expected->root[i]) != 0)
            return "a part of a change is missing";
    for (size_t i = 0; i < WORLD_NODES; i++) {
        const struct world_node *node =
            &expected->root[i / WORLD_ROOT_NODES].node[i % WORLD_ROOT_NODES];

        world_fill(bytes, node->stamp);
        if (node->use != WORLD_FREE &&
            memcmp(disk->bytes + (WORLD_NODE_FIRST + i) * WORLD_BLOCK, bytes, WORLD_BLOCK) != 0)
            return node->use == WORLD_METADATA ? "a block of metadata is wrong"
                                               : "contents are not there that a change names";
    }
    return NULL;
}
