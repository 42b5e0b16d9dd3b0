/* test_crash_ext2.c - after a loss of power at any moment, files and names are as they were after
 * one of the operations, none of which was lost that was synced, with no bytes in any file that are
 * not its own; and e2fsck agrees. So too if the power goes again during recovery.
 *
 * CRASH_STATES says how many states are visited, unless a fault is searched for. The program is
 * linked four times: as it is, and with each of the planted faults, which it must find.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fault.h"
#include "files.h"
#include "states.h"

enum {
    STATES = 2000,
    STATES_TO_FIND = 100000,
    STEPS = 40,
    SHOWN = 5,
    AGAIN_ONE_OF = 6,
    JUDGED_ONE_OF = 150
};
enum { DISK_BYTES = 4 * 1024 * 1024 };

struct run {
    struct chance *chance;
    const struct memory_disk *empty; /* a new file system, whose free blocks hold garbage */
    const struct files *files;
    size_t states, bad, judged;
    bool again;
    uint64_t marked;
};

static size_t states_wanted(void)
{
    const char *given = getenv("CRASH_STATES");

    if (planted_fault != NULL)
        return STATES_TO_FIND;
    return given != NULL ? strtoull(given, NULL, 0) : STATES;
}

static void report(struct run *run, const struct crash_point *point, const char *complaint)
{
    if (complaint != NULL && run->bad++ < SHOWN)
        printf("%s: after %zu events%s, sync %llu%s\n", complaint, point->event,
               point->in_order ? "" : ", some of them missing", (unsigned long long)run->marked,
               run->again ? ", recovery cut short" : "");
    if (complaint != NULL && run->bad == 1)
        files_print(run->files);
}

static void check_again(void *context, struct memory_disk *disk, const struct crash_point *point)
{
    struct run *run = context;

    report(run, point, files_check(run->files, disk, run->marked));
}

static void cut_recovery(struct run *run, struct memory_disk *disk, const struct disk_log *log)
{
    run->again = true;
    run->states += crash_states(&(struct crash_plan){.log = log,
                                                     .disk = disk,
                                                     .chance = run->chance,
                                                     .every = 8,
                                                     .chosen = 1,
                                                     .check = check_again,
                                                     .context = run});
    run->again = false;
}

/* What e2fsck says of our recovery, and we of its. */
static void judge(struct run *run, struct memory_disk *disk, const struct crash_point *point,
                  size_t here)
{
    run->judged++;
    if (!image_is_clean(disk))
        report(run, point, "e2fsck finds something");
    memory_disk_take_back(disk, here);
    if (!image_repair(disk))
        report(run, point, "e2fsck cannot mend it");
    else
        report(run, point, files_check(run->files, disk, point->marked));
}

static void check_state(void *context, struct memory_disk *disk, const struct crash_point *point)
{
    struct run *run = context;
    const size_t here = memory_disk_here(disk);
    const bool again = chance_below(run->chance, AGAIN_ONE_OF) == 0;
    struct disk_log log = {0};

    run->marked = point->marked;
    disk->log = again ? &log : NULL;
    const char *complaint = files_check(run->files, disk, point->marked);
    disk->log = NULL;
    report(run, point, complaint);
    if (planted_fault == NULL && chance_below(run->chance, JUDGED_ONE_OF) == 0)
        judge(run, disk, point, here);
    memory_disk_take_back(disk, here);
    if (again)
        cut_recovery(run, disk, &log);
    disk_log_free(&log);
}

static void visit_states(struct run *run, const struct disk_log *log)
{
    struct memory_disk disk;

    memory_disk_init(&disk, DISK_BYTES);
    memory_disk_put(&disk, 0, DISK_BYTES, run->empty->bytes);
    disk.keeps = true;
    run->states += crash_states(&(struct crash_plan){.log = log,
                                                     .disk = &disk,
                                                     .chance = run->chance,
                                                     .every = 3,
                                                     .chosen = 4,
                                                     .check = check_state,
                                                     .context = run});
    assert_int_equal(disk.allocated, 0);
    memory_disk_destroy(&disk);
}

/* Operations on the empty file system, and all that may be left of them. */
static void run_operations(struct run *run, const struct files_operation *operation, size_t count)
{
    static struct files files;
    struct disk_log log = {0};
    struct memory_disk disk;

    memory_disk_init(&disk, DISK_BYTES);
    memory_disk_put(&disk, 0, DISK_BYTES, run->empty->bytes);
    disk.log = &log;
    files_begin(&files, image_mount(&disk), &log);
    for (size_t i = 0; i < count; i++)
        files_do(&files, &operation[i]);
    image_unmount(files.fs);
    files_end(&files);
    run->files = &files;
    visit_states(run, &log);
    memory_disk_destroy(&disk);
    disk_log_free(&log);
}

static void run_random(struct run *run)
{
    struct files_operation operation[STEPS];

    for (size_t i = 0; i < STEPS; i++)
        operation[i] = files_some_operation(run->chance);
    run_operations(run, operation, STEPS);
}

/* As programs save: a new file beside the old one, fsync, rename over it. */
static void run_application(struct run *run)
{
    struct files_operation operation[STEPS] = {{FILES_MKDIR, 3, 0, 0}, {FILES_SYNC, 0, 0, 0}};
    size_t count = 2;

    while (count + 5 < STEPS) {
        const unsigned name = 5 + (unsigned)chance_below(run->chance, 2);
        const uint32_t bytes = 1 + (uint32_t)chance_below(run->chance, 5000);

        operation[count++] = (struct files_operation){FILES_CREATE, 0, 0, 0};
        operation[count++] = (struct files_operation){FILES_APPEND, 0, 0, bytes};
        operation[count++] = (struct files_operation){FILES_SYNC_FILE, 0, 0, 0};
        operation[count++] = (struct files_operation){FILES_RENAME, 0, name, 0};
        if (chance_below(run->chance, 3) == 0)
            operation[count++] = (struct files_operation){FILES_SYNC, 0, 0, 0};
    }
    run_operations(run, operation, count);
}

/* Two writers, of whom one syncs: its commit has what the other one wrote too. */
static void run_writers(struct run *run)
{
    struct files_operation operation[STEPS] = {{FILES_CREATE, 0, 0, 0}, {FILES_CREATE, 1, 0, 0}};
    size_t count = 2;

    while (count + 3 <= STEPS) {
        const uint32_t bytes = 1 + (uint32_t)chance_below(run->chance, 4000);

        operation[count++] = (struct files_operation){FILES_APPEND, 0, 0, bytes};
        operation[count++] = (struct files_operation){FILES_APPEND, 1, 0, 100};
        operation[count++] = (struct files_operation){FILES_SYNC_FILE, 1, 0, 0};
    }
    run_operations(run, operation, count);
}

/* All sequences of three operations from a small set, on a file, a link and a directory; `number`
 * says which. Each ends with a sync or not. */
static void run_sequence(struct run *run, size_t number)
{
    static const struct files_operation one_of[] = {
        {FILES_CREATE, 1, 0, 0},  {FILES_APPEND, 0, 0, 1500}, {FILES_TRUNCATE, 0, 0, 3},
        {FILES_UNLINK, 0, 0, 0},  {FILES_LINK, 0, 5, 0},      {FILES_RENAME, 0, 1, 0},
        {FILES_RENAME, 3, 4, 0},  {FILES_MKDIR, 4, 0, 0},     {FILES_RMDIR, 3, 0, 0},
        {FILES_SYMLINK, 2, 0, 0}, {FILES_SYNC_FILE, 0, 0, 0}, {FILES_SYNC, 0, 0, 0},
        {FILES_RENAME, 0, 5, 0},  {FILES_UNLINK, 5, 0, 0},    {FILES_TICK, 0, 0, 0},
    };
    enum { SET = sizeof one_of / sizeof *one_of };
    const struct files_operation operation[] = {
        {FILES_CREATE, 0, 0, 0},
        {FILES_APPEND, 0, 0, 2000},
        {FILES_MKDIR, 3, 0, 0},
        {FILES_SYNC, 0, 0, 0},
        one_of[number % SET],
        one_of[number / SET % SET],
        one_of[number / SET / SET % SET],
    };

    run_operations(run, operation, sizeof operation / sizeof *operation);
}

/* A new file system, whose free blocks were a file's once: contents that are named too early show
 * what must not be seen. */
static void make_empty(struct memory_disk *disk)
{
    static uint8_t garbage[64 * 1024];
    struct inode *root, *file;
    uint64_t size = 0;
    enum error error;
    long written;

    image_make(disk, DISK_BYTES, "-t ext3 -b 1024 -J size=1 -N 64");
    struct ext2 *fs = image_mount(disk);
    root = image_find(fs, "", &error);
    assert_int_equal(ext2_create(fs, root, image_name("garbage"), 0100644, &file), E_OK);
    memset(garbage, 0xee, sizeof garbage);
    while ((written = image_write_at(fs, file, size, garbage, sizeof garbage)) > 0)
        size += (uint64_t)written;
    assert_int_equal(ext2_sync(fs), E_OK);
    ext2_put(fs, file);
    assert_int_equal(ext2_unlink(fs, root, image_name("garbage")), E_OK);
    ext2_put(fs, root);
    image_unmount(fs);
    image_expect_clean(disk);
}

static void test_crash_ext2_keeps_what_was_synced(void **state)
{
    struct chance chance = chance_seeded("test_crash_ext2");
    struct memory_disk empty;
    struct run run = {.chance = &chance, .empty = &empty};
    /* A step that leads through all sequences, far ones after each other. */
    size_t sequence = chance_below(&chance, 3375);

    (void)state;
    make_empty(&empty);
    while (run.states < states_wanted() && (planted_fault == NULL || run.bad == 0)) {
        run_random(&run);
        run_application(&run);
        run_writers(&run);
        for (int i = 0; i < 4; i++, sequence += 1009)
            run_sequence(&run, sequence % 3375);
    }
    memory_disk_destroy(&empty);
    printf("judged by e2fsck: %zu\n", run.judged);
    printf("crash states: %zu, bad: %zu; planted: %s\n", run.states, run.bad,
           planted_fault != NULL ? planted_fault : "nothing");
    if (planted_fault != NULL)
        assert_int_not_equal(run.bad, 0);
    else
        assert_int_equal(run.bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crash_ext2_keeps_what_was_synced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
