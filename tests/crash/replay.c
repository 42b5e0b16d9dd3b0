/* replay.c - judges what a real run left in a log of QEMU's blklogwrites.
 *
 * usage: crash_replay IMAGE LOG [STATES [JUDGED_ONE_OF]]
 *
 * IMAGE is the disk as it was before. Visits about STATES states in which the power could have gone
 * (2000), mounts each by our own recovery, reads every file, and unmounts; e2fsck looks at one of
 * so many (100).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "blklog.h"
#include "ext2/image.h"
#include "states.h"

enum { STATES = 2000, JUDGED_ONE_OF = 100, SHOWN = 5, DEPTH_MAX = 64, CACHE_BYTES = 4 << 20 };

static const char *image_path, *log_path;
static size_t states_wanted = STATES, judged_one_of = JUDGED_ONE_OF;

struct run {
    struct chance chance;
    size_t bad, judged;
};

static uint64_t now_ns(void) { return UINT64_C(1700000000000000000); }

static void ignore(const char *text) { (void)text; }

static const char *read_all(struct ext2 *fs, struct inode *inode)
{
    static uint8_t bytes[64 * 1024];
    uint64_t at = 0;
    long length;

    while ((length = image_read(fs, inode, at, bytes, sizeof bytes)) > 0)
        at += (uint64_t)length;
    return length == 0 ? NULL : "a file cannot be read";
}

static const char *visit(struct ext2 *fs, struct inode *inode, unsigned depth);

static const char *visit_entry(struct ext2 *fs, struct inode *directory, const char *name,
                               unsigned depth)
{
    struct inode *inode;
    const char *complaint;

    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return NULL;
    if (ext2_look_up(fs, directory, image_name(name), &inode) != E_OK)
        return "a name leads nowhere";
    complaint = visit(fs, inode, depth + 1);
    ext2_put(fs, inode);
    return complaint;
}

static const char *visit(struct ext2 *fs, struct inode *inode, unsigned depth)
{
    uint64_t position = 0, records[512];
    const char *complaint = NULL;
    long length = 0;

    if (S_ISREG(ext2_mode(inode)))
        return read_all(fs, inode);
    if (!S_ISDIR(ext2_mode(inode)) || depth == DEPTH_MAX)
        return NULL;
    while (complaint == NULL &&
           (length = ext2_read_directory(fs, inode, &position, records, sizeof records)) > 0) {
        for (long at = 0; at < length && complaint == NULL;) {
            const struct file_entry *entry =
                (const struct file_entry *)((const char *)records + at);

            complaint = visit_entry(fs, inode, entry->name, depth);
            at += entry->length;
        }
    }
    return length < 0 ? "a directory cannot be read" : complaint;
}

static const char *check_files(struct memory_disk *disk)
{
    const struct ext2_options options = {
        .cache_bytes = CACHE_BYTES, .now_ns = now_ns, .complain = ignore};
    const char *complaint = NULL;
    struct inode *root;
    struct ext2 *fs;

    if (ext2_mount(&disk->disk, &options, &fs, &complaint) != E_OK)
        return complaint != NULL ? complaint : "it cannot be mounted";
    complaint = "there is no root";
    if (ext2_root(fs, &root) == E_OK) {
        complaint = visit(fs, root, 0);
        ext2_put(fs, root);
    }
    if (ext2_unmount(fs) != E_OK && complaint == NULL)
        complaint = "it cannot be unmounted";
    return complaint;
}

static void check_state(void *context, struct memory_disk *disk, const struct crash_point *point)
{
    struct run *run = context;
    const char *complaint = check_files(disk);

    if (complaint == NULL && chance_below(&run->chance, judged_one_of) == 0) {
        run->judged++;
        if (!image_is_clean(disk))
            complaint = "e2fsck finds something";
    }
    if (complaint != NULL && run->bad++ < SHOWN)
        printf("%s: before event %zu%s\n", complaint, point->event,
               point->in_order ? "" : ", some of them missing");
}

static void load(struct memory_disk *disk, struct disk_log *log)
{
    FILE *image = fopen(image_path, "r"), *events = fopen(log_path, "r");
    struct stat status;

    if (image == NULL || events == NULL || fstat(fileno(image), &status) != 0)
        fail_msg("%s or %s cannot be opened", image_path, log_path);
    memory_disk_init(disk, (uint64_t)status.st_size);
    assert_int_equal(fread(disk->bytes, 1, disk->disk.size, image), disk->disk.size);
    const char *complaint = blklog_read(events, disk->disk.size, log);
    if (complaint != NULL)
        fail_msg("%s: %s", log_path, complaint);
    fclose(image);
    fclose(events);
}

static void crash_replay_finds_every_state_sound(void **state)
{
    struct run run = {.chance = chance_seeded("crash_replay")};
    struct memory_disk disk;
    struct disk_log log = {0};
    size_t writes = 0, epochs = 1;

    (void)state;
    load(&disk, &log);
    for (size_t i = 0; i < log.count; i++) {
        writes += log.event[i].kind == DISK_WRITE;
        epochs += log.event[i].kind == DISK_FLUSH;
    }
    disk.keeps = true;
    const size_t states = crash_states(&(struct crash_plan){
        .log = &log,
        .disk = &disk,
        .chance = &run.chance,
        .every = 1 + 2 * writes / states_wanted,
        .chosen = 1 + states_wanted / 2 / epochs,
        .check = check_state,
        .context = &run,
    });
    printf("writes: %zu, flushes: %zu, judged by e2fsck: %zu\n", writes, epochs - 1, run.judged);
    printf("crash states: %zu, bad: %zu; planted: nothing\n", states, run.bad);
    memory_disk_destroy(&disk);
    disk_log_free(&log);
    assert_int_equal(run.bad, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(crash_replay_finds_every_state_sound)};

    if (argc < 3) {
        fprintf(stderr, "usage: crash_replay IMAGE LOG [STATES [JUDGED_ONE_OF]]\n");
        return 2;
    }
    image_path = argv[1];
    log_path = argv[2];
    if (argc > 3)
        states_wanted = strtoull(argv[3], NULL, 0);
    if (argc > 4)
        judged_one_of = strtoull(argv[4], NULL, 0);
    if (states_wanted == 0 || judged_one_of == 0)
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
