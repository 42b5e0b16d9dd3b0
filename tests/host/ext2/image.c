/* image.c - runs mke2fs and e2fsck on temporary files. */
#include "image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { CACHE_BYTES = 2 * 1024 * 1024, COMMAND_MAX = 1024 };

static unsigned complaints;

static const char *temporary(void)
{
    static char path[64];
    int file;

    strcpy(path, "/tmp/octavo-ext2-XXXXXX");
    file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    return path;
}

/* -> the command's status; its output is printed if that is above `most`. */
static int run(int most, const char *format, ...)
{
    char command[COMMAND_MAX], output[4096];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(command, sizeof command, format, arguments);
    va_end(arguments);
    assert_true(length > 0 && (size_t)length + 8 < sizeof command);
    strcat(command, " 2>&1");
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t size = fread(output, 1, sizeof output - 1, pipe);
    output[size] = '\0';
    int status = WEXITSTATUS(pclose(pipe));
    if (status > most)
        print_error("%s: %d\n%s\n", command, status, output);
    return status;
}

void image_make(struct memory_disk *disk, uint64_t size, const char *options)
{
    const char *path = temporary();

    memory_disk_init(disk, size);
    assert_int_equal(truncate(path, (off_t)size), 0);
    assert_int_equal(run(0, "PATH=$PATH:/usr/sbin:/sbin mke2fs -F -q %s %s", options, path), 0);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fread(disk->bytes, 1, size, file), size);
    fclose(file);
    unlink(path);
}

const char *image_write(const struct memory_disk *disk)
{
    const char *path = temporary();
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(disk->bytes, 1, disk->disk.size, file), disk->disk.size);
    assert_int_equal(fclose(file), 0);
    return path;
}

bool image_is_clean(const struct memory_disk *disk)
{
    const char *path = image_write(disk);
    int status = run(0, "PATH=$PATH:/usr/sbin:/sbin e2fsck -fn %s", path);

    unlink(path);
    return status == 0;
}

void image_expect_clean(const struct memory_disk *disk) { assert_true(image_is_clean(disk)); }

bool image_repair(struct memory_disk *disk)
{
    const char *path = image_write(disk);
    int status = run(1, "PATH=$PATH:/usr/sbin:/sbin e2fsck -fy %s", path);
    uint8_t *bytes = malloc(disk->disk.size);
    FILE *file = fopen(path, "r");

    assert_non_null(bytes);
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, disk->disk.size, file), disk->disk.size);
    fclose(file);
    unlink(path);
    memory_disk_put(disk, 0, disk->disk.size, bytes);
    free(bytes);
    return status <= 1;
}

static uint64_t now_ns(void)
{
    static uint64_t now = 1700000000000000000;

    return now += 1000003;
}

static void complain(const char *text)
{
    complaints++;
    print_message("    %s\n", text);
}

unsigned image_complaints(void) { return complaints; }

struct ext2 *image_mount(struct memory_disk *disk)
{
    struct ext2_options options = {
        .cache_bytes = CACHE_BYTES, .now_ns = now_ns, .complain = complain};
    const char *complaint;
    struct ext2 *fs = NULL;

    complaints = 0;
    enum error error = ext2_mount(&disk->disk, &options, &fs, &complaint);
    if (error != E_OK)
        print_error("mount: %d, %s\n", error, complaint != NULL ? complaint : "");
    assert_int_equal(error, E_OK);
    return fs;
}

void image_unmount(struct ext2 *fs) { assert_int_equal(ext2_unmount(fs), E_OK); }

struct ext2_name image_name(const char *text) { return (struct ext2_name){text, strlen(text)}; }

struct inode *image_find(struct ext2 *fs, const char *path, enum error *error)
{
    struct inode *here, *next;

    *error = ext2_root(fs, &here);
    while (*error == E_OK && *path != '\0') {
        size_t length = strcspn(path, "/");

        *error = ext2_look_up(fs, here, (struct ext2_name){path, length}, &next);
        ext2_put(fs, here);
        here = next;
        path += length + (path[length] == '/');
    }
    return *error == E_OK ? here : NULL;
}

static enum error copy_out(void *context, uint64_t at, void *memory, size_t length)
{
    memcpy((char *)context + at, memory, length);
    return E_OK;
}

static enum error copy_in(void *context, uint64_t at, void *memory, size_t length)
{
    memcpy(memory, (const char *)context + at, length);
    return E_OK;
}

long image_read(struct ext2 *fs, struct inode *inode, uint64_t offset, void *memory, size_t length)
{
    return ext2_read(fs, inode, offset, &(struct ext2_transfer){copy_out, memory, length});
}

long image_write_at(struct ext2 *fs, struct inode *inode, uint64_t offset, const void *memory,
                    size_t length)
{
    return ext2_write(fs, inode, &offset, false,
                      &(struct ext2_transfer){copy_in, (void *)(uintptr_t)memory, length});
}

static uint64_t random_state;

void image_seed(uint64_t seed) { random_state = seed; }

uint32_t image_random(uint32_t limit)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % limit;
}

void image_fill_random(void *memory, size_t length)
{
    uint8_t *bytes = memory;

    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)image_random(256);
}
