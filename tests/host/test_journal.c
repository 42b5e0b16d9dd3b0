/* test_journal.c - the journal's format, what of it is refused, and journals of others and of
 * nobody. What survives a loss of power is tests/crash.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ext2/memory_disk.h"
#include "servers/ext2/jbd.h"
#include "servers/ext2/store.h"
#include "untrusted.h"

enum {
    BLOCK = 1024,
    BLOCKS = 300,
    JOURNAL = 100,
    LENGTH = 100,
    CACHE = 64 * BLOCK,
    HOSTILE = 3000
};

static struct memory_disk disk;
static struct store *store;
static const char *complaint;
static bool replayed;

static void nothing(void *context) { (void)context; }

static enum error no_data(void *context)
{
    (void)context;
    return E_OK;
}

static enum error home_of(void *context, uint32_t index, uint64_t *block)
{
    (void)context;
    *block = JOURNAL + index;
    return E_OK;
}

static uint8_t *block_at(uint64_t block) { return disk.bytes + block * BLOCK; }

static struct jbd_superblock *superblock(void)
{
    return (struct jbd_superblock *)block_at(JOURNAL);
}

static int begin(void **state)
{
    (void)state;
    memory_disk_init(&disk, BLOCKS * BLOCK);
    *superblock() = (struct jbd_superblock){
        .header = jbd_header(JBD_SUPERBLOCK_V2, 0),
        .block_size = be32_make(BLOCK),
        .length = be32_make(LENGTH),
        .first = be32_make(1),
        .sequence = be32_make(7),
        .uuid = "sixteen bytes..",
    };
    return 0;
}

static int end(void **state)
{
    (void)state;
    assert_int_equal(disk.allocated, 0);
    memory_disk_destroy(&disk);
    return 0;
}

static enum error open_store(void)
{
    static const struct store_owner owner = {NULL, nothing, nothing, nothing, nothing, no_data};
    const struct store_place place = {NULL, home_of, LENGTH};

    assert_int_equal(store_create(&disk.disk, BLOCK, CACHE, &owner, &store), E_OK);
    enum error error = store_open_journal(store, &place, &replayed, &complaint);
    if (error != E_OK)
        store_destroy(store);
    return error;
}

static void set(uint64_t block, uint32_t value)
{
    struct buffer *buffer;
    struct change change;

    assert_int_equal(change_begin(store, 1, &change), E_OK);
    assert_int_equal(buffer_get(store, block, &buffer), E_OK);
    change_buffer(&change, buffer);
    memcpy(buffer->data, &value, sizeof value);
    buffer_put(store, buffer);
    change_end(&change);
}

static uint32_t big(uint64_t block, size_t word)
{
    return be32_get(((const struct be32 *)block_at(block))[word]);
}

static void test_journal_has_the_format_of_jbd(void **state)
{
    struct change change;

    (void)state;
    assert_int_equal(open_store(), E_OK);
    assert_false(replayed);
    assert_int_equal(change_begin(store, 0, &change), E_OK);
    change_free(&change, 33, 2, true);
    change_end(&change);
    set(40, __builtin_bswap32(JBD_MAGIC));
    set(41, 1234);
    assert_int_equal(store_commit(store), E_OK);

    assert_int_equal(be32_get(superblock()->start), 1);
    assert_int_equal(be32_get(superblock()->sequence), 7);
    assert_int_equal(be32_get(superblock()->incompat), JBD_INCOMPAT_REVOKE);
    const uint32_t revoke[] = {JBD_MAGIC, JBD_REVOKE, 7, 24, 33, 34};
    const uint32_t descriptor[] = {JBD_MAGIC, JBD_DESCRIPTOR, 7, 40, JBD_TAG_ESCAPED};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(big(JOURNAL + 1, i), revoke[i]);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(big(JOURNAL + 2, i), descriptor[i]);
    assert_memory_equal(block_at(JOURNAL + 2) + 20, superblock()->uuid, JBD_UUID_BYTES);
    assert_int_equal(big(JOURNAL + 2, 9), 41);
    assert_int_equal(big(JOURNAL + 2, 10), JBD_TAG_SAME_UUID | JBD_TAG_LAST);
    assert_int_equal(big(JOURNAL + 3, 0), 0);
    assert_int_equal(big(JOURNAL + 4, 0), __builtin_bswap32(1234));
    assert_int_equal(big(JOURNAL + 5, 1), JBD_COMMIT);
    assert_int_equal(big(40, 0), 0); /* not yet at home */

    assert_int_equal(store_close_journal(store), E_OK);
    store_destroy(store);
    assert_int_equal(be32_get(superblock()->start), 0);
    assert_int_equal(be32_get(superblock()->sequence), 8);
    assert_int_equal(big(40, 0), JBD_MAGIC);
    assert_int_equal(big(41, 0), __builtin_bswap32(1234));
}

static void refuse(const char *expected)
{
    assert_int_equal(open_store(), E_INVAL);
    assert_non_null(complaint);
    if (strstr(complaint, expected) == NULL)
        fail_msg("%s: %s", expected, complaint);
}

static void test_journal_refuses_what_it_does_not_know(void **state)
{
    static const char *const names[] = {"64bit", "async_commit", "checksum_v2", "checksum_v3",
                                        "fast_commit"};

    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        superblock()->incompat = be32_make(2u << i | JBD_INCOMPAT_REVOKE);
        refuse(names[i]);
    }
    superblock()->incompat = be32_make(0x80000000);
    refuse("not known");
    superblock()->incompat = be32_make(0);
    superblock()->header.type = be32_make(JBD_SUPERBLOCK_V1);
    refuse("version 1");
    superblock()->header.type = be32_make(JBD_SUPERBLOCK_V2);
    superblock()->start = be32_make(LENGTH);
    refuse("start");
    superblock()->start = be32_make(0);
    superblock()->length = be32_make(LENGTH + 1);
    refuse("length");
    superblock()->length = be32_make(LENGTH);
    superblock()->block_size = be32_make(4096);
    refuse("another size");
    superblock()->header.magic = be32_make(0);
    refuse("not one");
}

/* Leaves a journal with `transactions` of one block each, number i in block 40 + i % 3. */
static void leave_transactions(uint32_t transactions)
{
    assert_int_equal(open_store(), E_OK);
    for (uint32_t i = 0; i < transactions; i++) {
        set(40 + i % 3, i + 1);
        assert_int_equal(store_commit(store), E_OK);
    }
    store_destroy(store);
}

static void test_journal_is_replayed_only_on_disks_that_can_be_written(void **state)
{
    static const uint32_t expected[] = {4, 5, 3};
    uint32_t value;

    (void)state;
    leave_transactions(5);
    disk.disk.read_only = true;
    assert_int_equal(open_store(), E_ROFS);
    disk.disk.read_only = false;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(open_store(), E_OK);
        assert_int_equal(replayed, i == 0);
        store_destroy(store);
    }
    for (uint32_t i = 0; i < 3; i++) {
        memcpy(&value, block_at(40 + i), sizeof value);
        assert_int_equal(value, expected[i]);
    }
    disk.disk.read_only = true;
    assert_int_equal(open_store(), E_OK);
    store_destroy(store);
}

/* Linux revokes and writes a block in one transaction, and then the revoke record wins. */
static void test_journal_revokes_up_to_the_same_transaction(void **state)
{
    struct jbd_revoke *revoke;

    (void)state;
    leave_transactions(4); /* three blocks each: 40, 41, 42, 40 */
    revoke = (struct jbd_revoke *)block_at(JOURNAL + 13);
    revoke->header = jbd_header(JBD_REVOKE, 7 + 4);
    revoke->bytes = be32_make(sizeof *revoke + 2 * sizeof revoke->block[0]);
    revoke->block[0] = be32_make(42);
    revoke->block[1] = be32_make(43);
    memcpy(block_at(JOURNAL + 14), block_at(JOURNAL + 1), BLOCK); /* block 40 ... */
    ((struct be32 *)block_at(JOURNAL + 14))[2] = be32_make(7 + 4);
    ((struct be32 *)block_at(JOURNAL + 14))[3] = be32_make(43); /* ... becomes 43 */
    memset(block_at(JOURNAL + 15), 0x55, BLOCK);
    *(struct jbd_header *)block_at(JOURNAL + 16) = jbd_header(JBD_COMMIT, 7 + 4);
    assert_int_equal(open_store(), E_OK);
    store_destroy(store);
    assert_int_equal(big(40, 0), __builtin_bswap32(4));
    assert_int_equal(big(41, 0), __builtin_bswap32(2));
    assert_int_equal(big(42, 0), 0);
    assert_int_equal(big(43, 0), 0);
}

static void test_journal_refuses_blocks_outside_before_it_writes(void **state)
{
    static uint8_t before[BLOCKS * BLOCK];

    (void)state;
    leave_transactions(3);
    ((struct be32 *)block_at(JOURNAL + 7))[3] = be32_make(BLOCKS);
    memcpy(before, disk.bytes, sizeof before);
    refuse("behind the disk's end");
    assert_memory_equal(before, disk.bytes, sizeof before);
    /* A transaction that was not committed may be anything. */
    memset(block_at(JOURNAL + 9), 0, BLOCK);
    assert_int_equal(open_store(), E_OK);
    store_destroy(store);
    assert_int_equal(big(41, 0), __builtin_bswap32(2));
}

static void test_journal_survives_any_garbage(void **state)
{
    struct chance chance = chance_seeded("test_journal");
    size_t opened = 0;
    uint8_t *good = malloc(BLOCKS * BLOCK);

    (void)state;
    assert_non_null(good);
    leave_transactions(12);
    memcpy(good, disk.bytes, BLOCKS * BLOCK);
    for (int i = 0; i < HOSTILE; i++) {
        memcpy(disk.bytes, good, BLOCKS * BLOCK);
        for (size_t changes = 1 + chance_below(&chance, 4); changes > 0; changes--) {
            struct block part = {block_at(JOURNAL + chance_below(&chance, 40)), 64};

            mutate_words(&chance, &part, MUTATE_WORD_LITTLE + chance_below(&chance, 5));
        }
        if (open_store() != E_OK)
            continue;
        opened++;
        set(50, 1);
        assert_int_equal(store_commit(store), E_OK);
        assert_int_equal(store_close_journal(store), E_OK);
        store_destroy(store);
    }
    assert_true(opened > HOSTILE / 4 && opened < HOSTILE);
    free(good);
}

/* Wherever the first error comes, it is reported, and what was committed before is not lost. */
static void test_journal_reports_errors_and_loses_nothing(void **state)
{
    (void)state;
    for (uint64_t fails = 1; fails < 40; fails++) {
        uint32_t committed = 0, value;

        memset(disk.bytes, 0, BLOCKS * BLOCK);
        memory_disk_destroy(&disk);
        begin(NULL);
        assert_int_equal(open_store(), E_OK);
        disk.fail_write = fails;
        for (uint32_t i = 1; i < 40 && committed == i - 1; i++) {
            struct change change;

            if (change_begin(store, 0, &change) != E_OK)
                break;
            change_end(&change);
            set(40, i);
            if (store_commit(store) == E_OK)
                committed = i;
        }
        assert_true(committed < 39);
        assert_int_equal(store_close_journal(store), E_IO);
        store_destroy(store);
        disk.fail_write = 0;
        assert_int_equal(open_store(), E_OK);
        store_destroy(store);
        memcpy(&value, block_at(40), sizeof value);
        assert_true(value == committed || value == committed + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_journal_has_the_format_of_jbd, begin, end),
        cmocka_unit_test_setup_teardown(test_journal_refuses_what_it_does_not_know, begin, end),
        cmocka_unit_test_setup_teardown(test_journal_is_replayed_only_on_disks_that_can_be_written,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_journal_revokes_up_to_the_same_transaction, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_journal_refuses_blocks_outside_before_it_writes, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_journal_survives_any_garbage, begin, end),
        cmocka_unit_test_setup_teardown(test_journal_reports_errors_and_loses_nothing, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
