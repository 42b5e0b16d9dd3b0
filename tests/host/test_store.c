/* test_store.c - the store of metadata without a journal: its cache, changes, commits by several
 * threads, and disks that fail.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ext2/memory_disk.h"
#include "servers/ext2/store.h"
#include "servers/ext2/store_table.h"
#include "untrusted.h"

enum { BLOCK = 1024, BLOCKS = 2000, CACHE = 64 * BLOCK, THREADS = 4, ROUNDS = 300 };

static struct memory_disk disk;
static struct store *store;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn = PTHREAD_COND_INITIALIZER;

static void lock(void *context)
{
    (void)context;
    pthread_mutex_lock(&mutex);
}

static void unlock(void *context)
{
    (void)context;
    pthread_mutex_unlock(&mutex);
}

static void wait_turn(void *context)
{
    (void)context;
    pthread_cond_wait(&turn, &mutex);
}

static void wake(void *context)
{
    (void)context;
    pthread_cond_broadcast(&turn);
}

static enum error write_data(void *context)
{
    (void)context;
    return E_OK;
}

static const struct store_owner owner = {NULL, lock, unlock, wait_turn, wake, write_data};

static int begin(void **state)
{
    (void)state;
    memory_disk_init(&disk, BLOCKS * BLOCK);
    for (uint32_t i = 0; i < BLOCKS; i++)
        memcpy(disk.bytes + i * BLOCK, &i, sizeof i);
    pthread_mutex_lock(&mutex);
    return store_create(&disk.disk, BLOCK, CACHE, &owner, &store);
}

static int end(void **state)
{
    (void)state;
    store_destroy(store);
    assert_int_equal(disk.allocated, 0);
    memory_disk_destroy(&disk);
    pthread_mutex_unlock(&mutex);
    return 0;
}

static uint32_t *words(struct buffer *buffer) { return buffer->data; }

static struct buffer *get(uint64_t block)
{
    struct buffer *buffer;

    assert_int_equal(buffer_get(store, block, &buffer), E_OK);
    return buffer;
}

static void set(uint64_t block, uint32_t value)
{
    struct change change;

    assert_int_equal(change_begin(store, 1, &change), E_OK);
    struct buffer *buffer = get(block);
    change_buffer(&change, buffer);
    words(buffer)[1] = value;
    buffer_put(store, buffer);
    change_end(&change);
}

static uint32_t at_home(uint64_t block)
{
    uint32_t value;

    memcpy(&value, disk.bytes + block * BLOCK + sizeof value, sizeof value);
    return value;
}

static void test_store_reads_each_block_once_while_it_is_cached(void **state)
{
    (void)state;
    struct buffer *first = get(7);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        struct buffer *buffer = get(i);

        assert_int_equal(words(buffer)[0], i);
        buffer_put(store, buffer);
    }
    assert_int_equal(disk.reads, BLOCKS);
    assert_ptr_equal(first, get(7)); /* what is held stays */
    buffer_put(store, first);
    buffer_put(store, first);
    buffer_put(store, get(BLOCKS - 1));
    assert_int_equal(disk.reads, BLOCKS);
    buffer_put(store, get(1)); /* the oldest went */
    assert_int_equal(disk.reads, BLOCKS + 1);
    assert_true(disk.allocated <= 2 * CACHE + 256 * 1024);
}

static void test_store_has_as_many_buffers_as_are_held(void **state)
{
    static struct buffer *held[500];

    (void)state;
    for (uint32_t i = 0; i < 500; i++)
        held[i] = get(i);
    for (uint32_t i = 0; i < 500; i++) {
        assert_int_equal(words(held[i])[0], i);
        buffer_put(store, held[i]);
    }
}

static void test_store_refuses_blocks_that_are_not_there(void **state)
{
    struct buffer *buffer;

    (void)state;
    assert_int_equal(buffer_get(store, BLOCKS, &buffer), E_RANGE);
    assert_int_equal(buffer_get_zeroed(store, UINT64_MAX, &buffer), E_RANGE);
    disk.fail_read = 1;
    assert_int_equal(buffer_get(store, 3, &buffer), E_IO);
    assert_int_equal(buffer_get_zeroed(store, 3, &buffer), E_OK);
    buffer_put(store, buffer);
    disk.fail_read = 0;
    assert_int_equal(words(get(4))[0], 4);
}

static void test_store_writes_home_by_a_commit_only(void **state)
{
    (void)state;
    for (uint32_t i = 10; i < 20; i++)
        set(i, i * 3);
    assert_true(store_is_dirty(store));
    assert_int_equal(at_home(10), 0);
    assert_int_equal(disk.writes, 0);
    assert_int_equal(store_commit(store), E_OK);
    for (uint32_t i = 10; i < 20; i++)
        assert_int_equal(at_home(i), i * 3);
    assert_int_equal(disk.writes, 1); /* side by side: one request */
    assert_int_equal(disk.flushes, 1);
    assert_false(store_is_dirty(store));
    assert_int_equal(store_commit(store), E_OK);
    assert_int_equal(disk.writes + disk.flushes, 2);
    assert_int_equal(store_committed(store) + 1, store_running(store));
}

static void test_store_makes_room_for_changes(void **state)
{
    struct change change;

    (void)state;
    for (uint32_t round = 0; round < 5; round++)
        for (uint32_t i = 0; i < 200; i++)
            set(i, round + i);
    assert_int_equal(store_commit(store), E_OK);
    for (uint32_t i = 0; i < 200; i++)
        assert_int_equal(at_home(i), 4 + i);
    assert_int_equal(change_begin(store, BLOCKS, &change), E_2BIG);
    disk.disk.read_only = true;
    assert_int_equal(change_begin(store, 1, &change), E_ROFS);
}

static void test_store_keeps_freed_blocks_until_the_commit(void **state)
{
    struct change change;

    (void)state;
    set(100, 1);
    assert_int_equal(change_begin(store, 0, &change), E_OK);
    change_free(&change, 90, 300, false);
    change_free(&change, 100, 1, true);
    change_end(&change);
    for (uint32_t i = 0; i < 500; i++)
        assert_int_equal(store_may_use(store, i), i < 90 || i >= 390);
    assert_true(store_is_dirty(store));
    assert_int_equal(store_commit(store), E_OK);
    assert_true(store_may_use(store, 100));
    assert_int_equal(at_home(100), 0); /* nobody needs it any more */
    buffer_put(store, get(100));
    assert_int_equal(disk.reads, 2); /* nor the buffer */
}

static void test_store_is_read_only_after_a_failed_write(void **state)
{
    struct change change;

    (void)state;
    set(5, 55);
    disk.fail_write = 1;
    assert_int_equal(store_commit(store), E_IO);
    disk.fail_write = 0;
    assert_int_equal(store_commit(store), E_IO);
    assert_int_equal(change_begin(store, 1, &change), E_IO);
    assert_int_equal(words(get(5))[1], 55); /* still readable, as it was to be */
    assert_int_equal(words(get(6))[0], 6);
}

/* Each thread counts in a block of its own and in one of all; what was counted before a commit is
 * on the disk after it. */
static void *count(void *argument)
{
    const uint32_t own = (uint32_t)(uintptr_t)argument;

    pthread_mutex_lock(&mutex);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        struct change change;

        assert_int_equal(change_begin(store, 2, &change), E_OK);
        struct buffer *mine = get(own), *all = get(1000 + i % 7);
        change_buffer(&change, mine);
        change_buffer(&change, all);
        words(mine)[1]++;
        words(all)[1]++;
        buffer_put(store, mine);
        buffer_put(store, all);
        change_end(&change);
        if (i % 5 == 0) {
            assert_int_equal(store_commit(store), E_OK);
            assert_true(at_home(own) >= i);
        }
    }
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static void test_store_serves_threads_that_share_commits(void **state)
{
    pthread_t thread[THREADS];
    uint32_t sum = 0;

    (void)state;
    pthread_mutex_unlock(&mutex);
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, count, (void *)(i + 500)), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    pthread_mutex_lock(&mutex);
    for (uint32_t i = 1000; i < 1007; i++)
        sum += at_home(i);
    assert_int_equal(sum, THREADS * ROUNDS);
    assert_true(disk.flushes <= THREADS * ROUNDS / 5);
}

static void test_store_table_knows_sets_of_blocks(void **state)
{
    static bool there[4096];
    struct chance chance = chance_seeded("test_store");
    struct store_table set_of = {0};
    uint64_t at = 0, block, seen = 0, expected = 0;

    (void)state;
    for (int i = 0; i < 300; i++) {
        const size_t first = chance_below(&chance, 3900), length = 1 + chance_below(&chance, 150);

        if (chance_below(&chance, 3) != 0) {
            assert_int_equal(block_set_add(&set_of, first, (uint32_t)length), E_OK);
            memset(there + first, true, length);
        }
        for (size_t k = first; k < first + 40; k++) {
            assert_int_equal(block_set_remove(&set_of, k), there[k]);
            there[k] = false;
        }
    }
    for (size_t i = 0; i < 4096; i++) {
        assert_int_equal(block_set_has(&set_of, i), there[i]);
        expected += there[i];
    }
    while (block_set_next(&set_of, &at, &block)) {
        assert_true(there[block]);
        seen++;
    }
    assert_int_equal(seen, expected);
    store_table_clear(&set_of);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_store_reads_each_block_once_while_it_is_cached, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_store_has_as_many_buffers_as_are_held, begin, end),
        cmocka_unit_test_setup_teardown(test_store_refuses_blocks_that_are_not_there, begin, end),
        cmocka_unit_test_setup_teardown(test_store_writes_home_by_a_commit_only, begin, end),
        cmocka_unit_test_setup_teardown(test_store_makes_room_for_changes, begin, end),
        cmocka_unit_test_setup_teardown(test_store_keeps_freed_blocks_until_the_commit, begin, end),
        cmocka_unit_test_setup_teardown(test_store_is_read_only_after_a_failed_write, begin, end),
        cmocka_unit_test_setup_teardown(test_store_serves_threads_that_share_commits, begin, end),
        cmocka_unit_test(test_store_table_knows_sets_of_blocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
