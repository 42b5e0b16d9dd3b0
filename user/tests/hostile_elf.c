/* hostile_elf.c - programs that are none, or that lie: the loader refuses them and keeps nothing.
 *
 * Images are made in memory and loaded from there; a few come through the file protocol, from a
 * file server that lies as well.
 */
#include <errno.h>
#include <fcntl.h>
#include <octavo/elf.h>
#include <octavo/program.h>
#include <proto/file.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum {
    SEGMENTS = 3,
    HEADERS = ELF_HEADER_SIZE + SEGMENTS * ELF_PROGRAM_HEADER_SIZE,
    IMAGE_SIZE = 3 * PAGE,
    GOOD_STATUS = 42,
    MUTATIONS = 10000,
    RUN_ONE_IN = 25, /* loading is what is tested; few of those that load run as well */
    PATIENCE_MS = 20,
};

#define BASE 0x400000ull

/* A program of three segments: code, constants, data with zeros behind. Its code exits. */
static struct image {
    struct elf_header header;
    struct elf_program_header segment[SEGMENTS];
    uint8_t rest[IMAGE_SIZE - HEADERS];
} good, image;
_Static_assert(sizeof(struct image) == IMAGE_SIZE, "the image is three whole pages");

static char *const no_strings[] = {NULL};

static void make_good_image(void)
{
    static const uint32_t code[] = {
        0x02a00513,                          /* li a0, 42 */
        0x00000893 | SYS_PROCESS_EXIT << 20, /* li a7, SYS_PROCESS_EXIT */
        0x00000073,                          /* ecall */
    };
    static const uint32_t flags[SEGMENTS] = {ELF_READ | ELF_EXECUTE, ELF_READ,
                                             ELF_READ | ELF_WRITE};
    memset(&good, 0, sizeof good);
    good.header = (struct elf_header){.magic = "\177ELF",
                                      .class = 2,
                                      .data = 1,
                                      .id_version = 1,
                                      .type = ELF_TYPE_EXECUTABLE,
                                      .machine = ELF_MACHINE_RISCV,
                                      .version = 1,
                                      .entry = BASE + HEADERS,
                                      .program_headers = ELF_HEADER_SIZE,
                                      .header_size = ELF_HEADER_SIZE,
                                      .program_header_size = ELF_PROGRAM_HEADER_SIZE,
                                      .program_header_count = SEGMENTS};
    for (unsigned i = 0; i < SEGMENTS; i++)
        good.segment[i] = (struct elf_program_header){.type = ELF_LOAD,
                                                      .flags = flags[i],
                                                      .offset = i * PAGE,
                                                      .address = BASE + i * PAGE,
                                                      .file_size = PAGE,
                                                      .memory_size = PAGE * (i + 1),
                                                      .alignment = PAGE};
    good.segment[0].memory_size = PAGE;
    good.segment[1].memory_size = PAGE;
    memcpy(good.rest, code, sizeof code);
}

static int load(uint64_t size, struct program *program)
{
    struct program_source source = {.file = HANDLE_NONE, .image = &image, .size = size};
    errno = 0;
    return program_load_image(&source, "bad", no_strings, no_strings, program);
}

static void run_program(void *program) { program_run(program); }

/* Runs what has been loaded, for as long as it goes on; its wait status. */
static int run_loaded(struct program *program)
{
    struct suspect suspect = {.progress = map_shared(PAGE), .patience_ms = PATIENCE_MS};
    suspect.body = run_program;
    suspect.argument = program;
    int status = run_suspect(&suspect);
    unmap_pages(suspect.progress, PAGE);
    return status;
}

static void test_the_good_image_runs(void)
{
    struct program program;
    make_good_image();
    image = good;
    if (!CHECK_EQUAL(load(IMAGE_SIZE, &program), 0))
        return;
    CHECK_EQUAL(WEXITSTATUS(run_loaded(&program)), GOOD_STATUS);
    program_unload(&program);
}

static void test_truncated_at_every_byte(void)
{
    struct program program;
    make_good_image();
    image = good;
    for (uint64_t size = 0; size < IMAGE_SIZE; size += size < HEADERS + 16 ? 1 : 64) {
        CHECK_EQUAL(load(size, &program), -1);
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
    LIE("entry in the data", header.entry, BASE + 2 * PAGE),
    LIE("entry outside", header.entry, BASE - 4),
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
    LIE("overlap", segment[1].address, BASE),
    LIE("overlap of the last", segment[2].address, BASE + PAGE),
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
    LIE("memory almost wraps", segment[2].memory_size, UINT64_MAX - BASE - 2 * PAGE),
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
    make_good_image();
    for (size_t i = 0; i < TAP_COUNT(lies); i++) {
        struct program program;
        image = good;
        memcpy((uint8_t *)&image + lies[i].offset, &lies[i].value, lies[i].size);
        if (lies[i].value == 1ull << 30 && !machine_is_small())
            continue;
        int result = load(IMAGE_SIZE, &program);
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
                                      1ull << 63, UINT64_MAX, BASE,       IMAGE_SIZE};
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
    make_good_image();
    for (int i = 0; i < (tap_warming_up() ? MUTATIONS / 20 : MUTATIONS); i++) {
        struct program program;
        uint64_t size = tap_random_below(10) == 0 ? tap_random_below(IMAGE_SIZE) : IMAGE_SIZE;
        image = good;
        mutate();
        if (load(size, &program) != 0) {
            int reason = errno;
            if (!CHECK(is_refusal(reason)))
                tap_comment("mutation %d: errno %d", i, reason);
            continue;
        }
        loaded++;
        if (tap_random_below(RUN_ONE_IN) == 0) {
            run_loaded(&program);
            ran++;
        }
        program_unload(&program);
    }
    if (!tap_warming_up())
        tap_comment("%u of %d were loaded, %u ran", loaded, MUTATIONS, ran);
}

/* ---- a file server that lies ----------------------------------------------------------------- */

enum behaviour {
    HONEST,
    LARGER,         /* says that the file is larger than it is: no matter */
    HUGE,           /* says that it has 2^63 bytes: neither */
    NO_HANDLE,      /* says that it opened, and gives no channel */
    WRONG_HANDLE,   /* gives an event for a file */
    READS_TOO_MUCH, /* says that it read more than was asked for */
    READS_NOTHING,
    FAILS_LATE, /* the first read is good, the second fails */
    ODD_STATUS, /* an error number that nobody knows */
    BEHAVIOURS,
};
static enum behaviour behaviour;
static int evil_port, reads;

static long evil_open(struct message *reply)
{
    if (behaviour == NO_HANDLE)
        return 0;
    reply->label = MESSAGE_MOVE;
    reply->word[2] =
        (uint64_t)(behaviour == WRONG_HANDLE ? event_create() : channel_create(evil_port, 1));
    return 0;
}

static long evil_status(struct message *m)
{
    struct file_status status = {.mode = S_IFREG | 0755, .links = 1, .size = IMAGE_SIZE};
    if (behaviour == LARGER)
        status.size += PAGE;
    if (behaviour == HUGE)
        status.size = 1ull << 63;
    return ipc_write(m->token, 0, &status, sizeof status) < 0 ? -E_IO : 0;
}

static long evil_read(struct message *m)
{
    uint64_t offset = m->word[0], length = m->length & BUFFER_LENGTH;
    if (behaviour == READS_NOTHING || offset >= IMAGE_SIZE)
        return 0;
    if (behaviour == ODD_STATUS)
        return -987654321;
    if (behaviour == FAILS_LATE && ++reads > 1)
        return -E_IO;
    if (length > IMAGE_SIZE - offset)
        length = IMAGE_SIZE - offset;
    long result = ipc_write(m->token, 0, (uint8_t *)&good + offset, length);
    return behaviour == READS_TOO_MUCH ? INT64_MAX : result;
}

static long evil_handle(struct message *m, struct message *reply)
{
    switch (m->label & MESSAGE_LABEL) {
    case FILE_OPEN:
        return evil_open(reply);
    case FILE_STAT:
        return evil_status(m);
    case FILE_READ:
        return evil_read(m);
    default:
        return -E_NOSYS;
    }
}

/* In a child, whose current directory becomes the evil server. Exits with the good program's
 * status if exec works. */
static void exec_from(void *channel)
{
    CHECK_EQUAL(handle_dup(*(int *)channel, HANDLE_CWD, RIGHTS_ALL, 0), HANDLE_CWD);
    execve("evil", no_strings, no_strings);
    CHECK(errno != 0);
}

static void test_lying_file_server(void)
{
    make_good_image();
    for (behaviour = HONEST; behaviour < BEHAVIOURS; behaviour++) {
        evil_port = (int)port_create();
        int channel = (int)channel_create(evil_port, 0);
        int server = serve(evil_port, evil_handle);
        int status = tap_wait(tap_fork(exec_from, &channel));
        bool runs = behaviour <= HUGE;
        if (!CHECK(WIFEXITED(status) && WEXITSTATUS(status) == (runs ? GOOD_STATUS : 0)))
            tap_comment("behaviour %d: status %#x", behaviour, status);
        tap_kill(server);
        handle_close(channel);
        handle_close(evil_port);
    }
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
