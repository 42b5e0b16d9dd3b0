/* main.c - hostile_elf: programs that are none, or that lie: the loader refuses them and keeps
 * nothing. */
#include "image.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/lib/tap.h"

enum {
    MUTATIONS = 10000,
    RUN_ONE_IN = 25, /* loading is what is tested; few of those that load run as well */
};

static struct image good, image;

static void test_the_good_image_runs(void)
{
    struct program program;
    image_make(&good);
    image = good;
    if (!CHECK_EQUAL(image_load(&image, IMAGE_SIZE, &program), 0))
        return;
    CHECK_EQUAL(WEXITSTATUS(image_run(&program)), GOOD_STATUS);
    program_unload(&program);
}

static void test_truncated_at_every_byte(void)
{
    struct program program;
    image_make(&good);
    image = good;
    for (uint64_t size = 0; size < IMAGE_SIZE; size += size < HEADERS + 16 ? 1 : 64) {
        CHECK_EQUAL(image_load(&image, size, &program), -1);
        if (!CHECK_EQUAL(errno, ENOEXEC))
            tap_comment("the size was %lu", (unsigned long)size);
    }
}

/* ---- one lie each ---------------------------------------------------------------------------- */

#define LIE(name, field, value)                                        \
    {                                                                  \
        name, offsetof(struct image, field), sizeof image.field, value \
    }
static const struct lie {
    const char *name;
    size_t offset, size;
    uint64_t value;
} lies[] = {
    LIE("magic", header.magic, 0x464c457e),
    LIE("32 bits", header.class, 1),
    LIE("big-endian", header.data, 2),
    LIE("version", header.id_version, 0),
    LIE("relocatable", header.type, 1),
    LIE("shared object", header.type, 3),
    LIE("x86-64", header.machine, 62),
    LIE("file version", header.version, 2),
    LIE("entry in the data", header.entry, IMAGE_BASE + 2 * PAGE),
    LIE("entry outside", header.entry, IMAGE_BASE - 4),
    LIE("entry in the kernel", header.entry, 0xffffffff80200000),
    LIE("entry at null", header.entry, 0),
    LIE("headers outside", header.program_headers, IMAGE_SIZE),
    LIE("headers wrap", header.program_headers, UINT64_MAX - 55),
    LIE("headers at 0", header.program_headers, 0),
    LIE("small headers", header.program_header_size, 32),
    LIE("no headers", header.program_header_count, 0),
    LIE("many headers", header.program_header_count, 65535),
    LIE("17 headers", header.program_header_count, 17),
    LIE("interpreter", segment[1].type, ELF_INTERPRETER),
    LIE("dynamic", segment[1].type, ELF_DYNAMIC),
    LIE("write and execute", segment[0].flags, 7),
    LIE("offset outside", segment[1].offset, IMAGE_SIZE),
    LIE("offset wraps", segment[1].offset, -(uint64_t)PAGE),
    LIE("offset beside the page", segment[1].offset, PAGE - 8),
    LIE("address at null", segment[1].address, 0),
    LIE("overlap", segment[1].address, IMAGE_BASE),
    LIE("overlap of the last", segment[2].address, IMAGE_BASE + PAGE),
    LIE("address in the kernel", segment[1].address, 0xffffffff80200000),
    LIE("address above the user half", segment[1].address, 1ull << 38),
    LIE("address up to the edge and over", segment[2].address, (1ull << 38) - PAGE),
    LIE("address wraps", segment[2].address, -(uint64_t)PAGE),
    LIE("on the stack", segment[1].address, PROGRAM_STACK_TOP - PAGE),
    LIE("file part larger than memory", segment[1].memory_size, PAGE - 1),
    LIE("file part too large", segment[1].file_size, IMAGE_SIZE),
    LIE("file part wraps", segment[1].file_size, UINT64_MAX),
    LIE("memory of 1 GiB", segment[2].memory_size, 1ull << 30),
    LIE("memory of 128 GiB", segment[2].memory_size, 1ull << 37),
    LIE("memory wraps", segment[2].memory_size, UINT64_MAX),
    LIE("memory almost wraps", segment[2].memory_size, UINT64_MAX - IMAGE_BASE - 2 * PAGE),
};

/* No program, more memory than there is, or a segment where the stack goes. */
static bool is_refusal(int error) { return error == ENOEXEC || error == ENOMEM || error == EEXIST; }

static bool machine_is_small(void)
{
    struct system_memory memory = {0};
    system_info(HANDLE_SYSTEM, INFO_MEMORY, &memory, sizeof memory);
    return memory.total_pages < (1ull << 30) / PAGE;
}

static void test_lies(void)
{
    image_make(&good);
    for (size_t i = 0; i < TAP_COUNT(lies); i++) {
        struct program program;
        image = good;
        memcpy((uint8_t *)&image + lies[i].offset, &lies[i].value, lies[i].size);
        if (lies[i].value == 1ull << 30 && !machine_is_small())
            continue;
        int result = image_load(&image, IMAGE_SIZE, &program);
        if (!CHECK(result == -1 && is_refusal(errno)))
            tap_comment("%s: %d, errno %d", lies[i].name, result, errno);
        if (result == 0)
            program_unload(&program);
    }
}

/* ---- mutations ------------------------------------------------------------------------------- */

static uint64_t interesting(void)
{
    static const uint64_t values[] = {0,          1,          PAGE - 1,   PAGE,
                                      PAGE + 1,   1ull << 31, 1ull << 32, 1ull << 38,
                                      1ull << 63, UINT64_MAX, IMAGE_BASE, IMAGE_SIZE};
    return values[tap_random_below(TAP_COUNT(values))] + tap_random_below(3) - 1;
}

/* Flips a bit, sets a byte, or puts a number that hurts at an aligned place in the headers. */
static void mutate(void)
{
    uint8_t *bytes = (uint8_t *)&image;
    for (uint64_t times = tap_random_below(3); times <= 2; times++) {
        uint64_t place = tap_random_below(HEADERS);
        uint64_t value = interesting();
        switch (tap_random_below(4)) {
        case 0:
            bytes[place] ^= (uint8_t)(1u << tap_random_below(8));
            break;
        case 1:
            bytes[place] = (uint8_t)tap_random();
            break;
        case 2:
            memcpy(bytes + (place & ~3ull), &value, 4);
            break;
        default:
            memcpy(bytes + (place & ~7ull), &value, 8);
        }
    }
}

static void test_mutations(void)
{
    unsigned loaded = 0, ran = 0;
    image_make(&good);
    for (int i = 0; i < (tap_warming_up() ? MUTATIONS / 20 : MUTATIONS); i++) {
        struct program program;
        uint64_t size = tap_random_below(10) == 0 ? tap_random_below(IMAGE_SIZE) : IMAGE_SIZE;
        image = good;
        mutate();
        if (image_load(&image, size, &program) != 0) {
            int reason = errno;
            if (!CHECK(is_refusal(reason)))
                tap_comment("mutation %d: errno %d", i, reason);
            continue;
        }
        loaded++;
        if (tap_random_below(RUN_ONE_IN) == 0) {
            image_run(&program);
            ran++;
        }
        program_unload(&program);
    }
    if (!tap_warming_up())
        tap_comment("%u of %d were loaded, %u ran", loaded, MUTATIONS, ran);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"hostile_elf_good_image_runs", test_the_good_image_runs, 0},
        {"hostile_elf_truncated_at_every_byte", test_truncated_at_every_byte, 0},
        {"hostile_elf_lies", test_lies, 0},
        {"hostile_elf_mutations", test_mutations, 240},
        {"hostile_elf_lying_file_server", test_lying_file_server, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
