/* test_elf.c - the reader of programs: what it accepts, each thing it refuses, and that no mutation
 * makes it promise what struct elf_image says it never promises.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <octavo/elf.h>

#include "elf_invariants.h"
#include "untrusted.h"

enum { MUTATED_FILES = 10000, MEMORY_MAX = 64 << 20 };

/* --- Making files ----------------------------------------------------------------------------- */

/* The headers of a file of `size` bytes; the contents of segments do not matter to the reader. */
struct file {
    struct elf_header header;
    struct elf_program_header program[ELF_PROGRAM_HEADERS_MAX];
    uint64_t size;
};

enum { CODE, DATA, TLS, NOTE };

/* What a linker makes of a small program: code and constants, data and bss, a TLS template in the
 * data, and a note. */
static struct file file_make(void)
{
    return (struct file){
        .header = {.magic = {0x7f, 'E', 'L', 'F'},
                   .class = 2,
                   .data = 1,
                   .id_version = 1,
                   .type = ELF_TYPE_EXECUTABLE,
                   .machine = ELF_MACHINE_RISCV,
                   .version = 1,
                   .entry = 0x10100,
                   .program_headers = ELF_HEADER_SIZE,
                   .header_size = ELF_HEADER_SIZE,
                   .program_header_size = ELF_PROGRAM_HEADER_SIZE,
                   .program_header_count = 4},
        .program = {[CODE] = {.type = ELF_LOAD,
                              .flags = ELF_READ | ELF_EXECUTE,
                              .address = 0x10000,
                              .file_size = 0x2345,
                              .memory_size = 0x2345,
                              .alignment = 0x1000},
                    [DATA] = {.type = ELF_LOAD,
                              .flags = ELF_READ | ELF_WRITE,
                              .offset = 0x2348,
                              .address = 0x13348,
                              .file_size = 0x100,
                              .memory_size = 0x5000,
                              .alignment = 0x1000},
                    [TLS] = {.type = ELF_TLS,
                             .flags = ELF_READ,
                             .offset = 0x2348,
                             .address = 0x13348,
                             .file_size = 0x10,
                             .memory_size = 0x20,
                             .alignment = 8},
                    [NOTE] = {.type = 4, .offset = 0x2000, .alignment = 4}},
        .size = 0x3000,
    };
}

static struct block file_headers(const struct file *file)
{
    uint8_t bytes[ELF_HEADER_SIZE + sizeof file->program];
    memcpy(bytes, &file->header, ELF_HEADER_SIZE);
    memcpy(bytes + ELF_HEADER_SIZE, file->program, sizeof file->program);
    size_t programs = file->header.program_header_count;
    if (programs > ELF_PROGRAM_HEADERS_MAX)
        programs = ELF_PROGRAM_HEADERS_MAX;
    return block_copy(bytes, ELF_HEADER_SIZE + programs * ELF_PROGRAM_HEADER_SIZE);
}

static enum error file_read(const struct file *file, struct elf_image *image)
{
    struct block headers = file_headers(file);
    enum error error = elf_read(headers.bytes, headers.size, file->size, MEMORY_MAX, image);
    block_free(headers);
    return error;
}

static void assert_accepted(const struct file *file)
{
    struct elf_image image;
    enum error error = file_read(file, &image);
    if (error != E_OK)
        print_error("refused: %s\n", image.complaint);
    assert_int_equal(error, E_OK);
    assert_null(image.complaint);
    assert_null(elf_image_broken(&image, file->size, MEMORY_MAX));
}

static void assert_refused(const struct file *file, enum error expected, const char *complaint)
{
    struct elf_image image;
    assert_int_equal(file_read(file, &image), expected);
    assert_non_null(image.complaint);
    if (!strstr(image.complaint, complaint))
        print_error("expected \"%s\", not \"%s\"\n", complaint, image.complaint);
    assert_non_null(strstr(image.complaint, complaint));
}

/* --- Accepted --------------------------------------------------------------------------------- */

static void test_elf_reads_a_program(void **state)
{
    (void)state;
    struct file file = file_make();
    struct elf_image image;
    assert_int_equal(file_read(&file, &image), E_OK);
    assert_int_equal(image.entry, 0x10100);
    assert_int_equal(image.count, 2);
    assert_int_equal(image.memory, 0x3000 + 0x6000);
    assert_int_equal(image.headers_size, ELF_HEADER_SIZE + 4 * ELF_PROGRAM_HEADER_SIZE);
    assert_int_equal(image.segment[0].address, 0x10000);
    assert_int_equal(image.segment[0].flags, ELF_READ | ELF_EXECUTE);
    assert_int_equal(image.segment[1].address, 0x13348);
    assert_int_equal(image.segment[1].offset, 0x2348);
    assert_int_equal(image.segment[1].file_size, 0x100);
    assert_int_equal(image.segment[1].memory_size, 0x5000);
    assert_int_equal(image.segment[1].flags, ELF_READ | ELF_WRITE);
    assert_int_equal(image.tls.address, 0x13348);
    assert_int_equal(image.tls.memory_size, 0x20);
    assert_accepted(&file);
}

static void test_elf_sorts_segments(void **state)
{
    (void)state;
    struct chance chance = chance_seeded(__func__);
    for (int round = 0; round < 1000; round++) {
        struct file file = file_make();
        uint32_t count = 1 + (uint32_t)chance_below(&chance, ELF_PROGRAM_HEADERS_MAX);
        file.header.program_header_count = (uint16_t)count;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t other = (uint32_t)chance_below(&chance, i + 1);
            file.program[i] = file.program[other];
            file.program[other] = file_make().program[CODE];
            file.program[other].address = 0x10000 + 0x3000 * i;
        }
        struct elf_image image;
        assert_int_equal(file_read(&file, &image), E_OK);
        assert_int_equal(image.count, count);
        for (uint32_t i = 0; i < count; i++)
            assert_int_equal(image.segment[i].address, 0x10000 + 0x3000 * i);
    }
}

static void test_elf_accepts_the_edges(void **state)
{
    (void)state;
    struct file file = file_make();
    file.program[DATA].offset = 0x2f00;
    file.program[DATA].address = ELF_USER_LIMIT - 0x100;
    file.program[DATA].memory_size = 0x100; /* ends with the file and with the user half */
    file.program[TLS].file_size = 0;
    assert_accepted(&file);
    file = file_make();
    file.program[DATA].address = 0x13000; /* follows the last page of code directly */
    file.program[DATA].offset = 0;
    file.program[TLS].address = 0x130f0; /* the last bytes of the data in the file */
    assert_accepted(&file);
    file = file_make();
    file.program[CODE].address = ELF_USER_START;
    file.header.entry = ELF_USER_START + 0x2342; /* the last even address with two bytes */
    assert_accepted(&file);
    file = file_make();
    file.program[DATA].offset = UINT64_MAX; /* bss alone: the offset means nothing */
    file.program[DATA].file_size = 0;
    file.program[TLS].file_size = 0;
    assert_accepted(&file);
    file.program[DATA].memory_size = 0; /* an empty segment is none */
    file.program[DATA].address = 0;
    struct elf_image image;
    assert_int_equal(file_read(&file, &image), E_OK);
    assert_int_equal(image.count, 1);
}

static void test_elf_ignores_what_is_not_loaded(void **state)
{
    (void)state;
    struct file file = file_make();
    file.program[NOTE] = (struct elf_program_header){.type = 0x6474e551, /* stack flags */
                                                     .flags = 7,
                                                     .offset = UINT64_MAX,
                                                     .address = UINT64_MAX,
                                                     .file_size = UINT64_MAX,
                                                     .memory_size = 1,
                                                     .alignment = 3};
    file.header.section_headers = UINT64_MAX;
    file.header.section_header_count = UINT16_MAX;
    assert_accepted(&file);
}

/* --- Refused ---------------------------------------------------------------------------------- */

static void test_elf_refuses_other_kinds_of_file(void **state)
{
    (void)state;
    struct file file = file_make();
    file.header.magic[3] = 'f';
    assert_refused(&file, E_NOEXEC, "not an ELF");
    file = file_make();
    file.header.class = 1;
    assert_refused(&file, E_NOEXEC, "64-bit");
    file = file_make();
    file.header.data = 2;
    assert_refused(&file, E_NOEXEC, "little-endian");
    file = file_make();
    file.header.id_version = 0;
    assert_refused(&file, E_NOEXEC, "version");
    file = file_make();
    file.header.version = 2;
    assert_refused(&file, E_NOEXEC, "version");
    file = file_make();
    file.header.machine = 62;
    assert_refused(&file, E_NOEXEC, "machine");
    file = file_make();
    file.header.type = 3; /* position-independent */
    assert_refused(&file, E_NOEXEC, "not an executable");
    file = file_make();
    file.program[NOTE].type = ELF_INTERPRETER;
    assert_refused(&file, E_NOEXEC, "dynamic linker");
    file.program[NOTE].type = ELF_DYNAMIC;
    assert_refused(&file, E_NOEXEC, "dynamic linker");
}

static void test_elf_refuses_broken_tables(void **state)
{
    (void)state;
    struct file file = file_make();
    file.header.header_size = 52;
    assert_refused(&file, E_NOEXEC, "unknown size");
    file = file_make();
    file.header.program_header_size = 32;
    assert_refused(&file, E_NOEXEC, "unknown size");
    file = file_make();
    file.header.program_header_count = 0;
    assert_refused(&file, E_NOEXEC, "too many");
    file.header.program_header_count = ELF_PROGRAM_HEADERS_MAX + 1;
    assert_refused(&file, E_NOEXEC, "too many");
    file = file_make();
    file.header.program_headers = file.size - 4 * ELF_PROGRAM_HEADER_SIZE + 1;
    assert_refused(&file, E_NOEXEC, "cut off");
    file.header.program_headers = UINT64_MAX;
    assert_refused(&file, E_NOEXEC, "cut off");
    file = file_make();
    file.size = ELF_HEADER_SIZE - 1;
    assert_refused(&file, E_NOEXEC, "too short");
}

static void test_elf_asks_for_headers_further_on(void **state)
{
    (void)state;
    struct file file = file_make();
    struct elf_image image;
    file.header.program_headers = file.size - 4 * ELF_PROGRAM_HEADER_SIZE;
    assert_int_equal(file_read(&file, &image), E_RANGE);
    assert_int_equal(image.headers_size, file.size);
    /* The same file given whole is accepted. */
    struct block whole = {calloc(1, file.size), file.size};
    assert_non_null(whole.bytes);
    memcpy(whole.bytes, &file.header, ELF_HEADER_SIZE);
    memcpy(whole.bytes + file.header.program_headers, file.program, 4 * ELF_PROGRAM_HEADER_SIZE);
    assert_int_equal(elf_read(whole.bytes, whole.size, file.size, MEMORY_MAX, &image), E_OK);
    block_free(whole);
}

static void test_elf_refuses_every_truncation(void **state)
{
    (void)state;
    struct file file = file_make();
    struct block headers = file_headers(&file);
    for (size_t size = 0; size < headers.size; size++) {
        struct block piece = block_copy(headers.bytes, size);
        struct elf_image image;
        /* Only the first bytes of a longer file: more would help. */
        assert_int_equal(elf_read(piece.bytes, size, file.size, MEMORY_MAX, &image), E_RANGE);
        assert_int_equal(image.headers_size, size < 64 ? 64 : headers.size);
        assert_non_null(image.complaint);
        /* The whole file: nothing helps. */
        assert_int_equal(elf_read(piece.bytes, size, size, MEMORY_MAX, &image), E_NOEXEC);
        assert_non_null(image.complaint);
        block_free(piece);
    }
    block_free(headers);
}

static void test_elf_refuses_segments_that_cannot_be(void **state)
{
    (void)state;
    struct file file = file_make();
    file.program[DATA].memory_size = 0xff;
    assert_refused(&file, E_NOEXEC, "larger in the file");
    file = file_make();
    file.program[DATA].alignment = 0x1800;
    assert_refused(&file, E_NOEXEC, "power of two");
    file = file_make();
    file.size = 0x2447; /* one byte less than the data */
    assert_refused(&file, E_NOEXEC, "behind the file");
    file = file_make();
    file.program[DATA].file_size = 0x4000; /* larger than the whole file */
    assert_refused(&file, E_NOEXEC, "behind the file");
    file = file_make();
    file.program[DATA].offset = UINT64_MAX - 0xcb7; /* the sum wraps */
    assert_refused(&file, E_NOEXEC, "behind the file");
    file = file_make();
    file.program[DATA].address += 8;
    assert_refused(&file, E_NOEXEC, "within the page");
    file = file_make();
    file.program[CODE].flags |= ELF_WRITE;
    assert_refused(&file, E_NOEXEC, "both writable and executable");
}

static void test_elf_refuses_segments_outside_the_user_half(void **state)
{
    (void)state;
    static const uint64_t addresses[] = {0x348, ELF_USER_LIMIT - 0x4fff, ELF_USER_LIMIT,
                                         ELF_USER_LIMIT + 0x348, UINT64_MAX - 0xfff};
    struct file file = file_make();
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        file.program[DATA].address = addresses[i];
        assert_refused(&file, E_NOEXEC, "outside the memory");
    }
    file = file_make();
    file.program[DATA].memory_size = UINT64_MAX;
    assert_refused(&file, E_NOEXEC, "outside the memory");
}

static void test_elf_refuses_shared_pages(void **state)
{
    (void)state;
    static const uint64_t sharing[] = {0x12348, 0x10348, 0xb348, 0xc348};
    struct file file = file_make();
    for (size_t i = 0; i < sizeof sharing / sizeof *sharing; i++) {
        file.program[DATA].address = sharing[i];
        assert_refused(&file, E_NOEXEC, "share a page");
        /* The order in the file makes no difference. */
        struct file swapped = file;
        swapped.program[DATA] = file.program[CODE];
        swapped.program[CODE] = file.program[DATA];
        assert_refused(&swapped, E_NOEXEC, "share a page");
    }
    file.program[DATA].address = 0xa348; /* ends with the page before the code */
    file.program[TLS].address = 0xa348;
    assert_accepted(&file);
}

static void test_elf_refuses_entries_outside_code(void **state)
{
    (void)state;
    static const uint64_t entries[] = {0,       0xfffe,  0x10101, 0x12344,       0x12346,
                                       0x13348, 0x13400, 0x20000, UINT64_MAX - 1};
    struct file file = file_make();
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        file.header.entry = entries[i];
        assert_refused(&file, E_NOEXEC, "entry point");
    }
}

static void test_elf_refuses_broken_tls(void **state)
{
    (void)state;
    struct file file = file_make();
    file.program[TLS].address = 0x13348 + 0xf1; /* one byte past the data in the file */
    assert_refused(&file, E_NOEXEC, "template");
    file = file_make();
    file.program[TLS].memory_size = 0xf;
    assert_refused(&file, E_NOEXEC, "larger in the file");
    file = file_make();
    file.program[NOTE] = file.program[TLS];
    assert_refused(&file, E_NOEXEC, "two segments of thread-local");
}

static void test_elf_bounds_the_memory(void **state)
{
    (void)state;
    struct file file = file_make();
    struct block headers = file_headers(&file);
    struct elf_image image;
    assert_int_equal(elf_read(headers.bytes, headers.size, file.size, 0x9000, &image), E_OK);
    assert_int_equal(elf_read(headers.bytes, headers.size, file.size, 0x8fff, &image), E_NOMEM);
    assert_non_null(strstr(image.complaint, "memory"));
    block_free(headers);
    file.program[DATA].memory_size = (uint64_t)1 << 37;
    assert_refused(&file, E_NOMEM, "memory");
}

/* --- Mutations -------------------------------------------------------------------------------- */

static void test_elf_survives_mutations(void **state)
{
    (void)state;
    struct chance chance = chance_seeded(__func__);
    struct file file = file_make();
    struct block headers = file_headers(&file);
    unsigned accepted = 0;
    for (int i = 0; i < MUTATED_FILES; i++) {
        struct block mutated = block_mutated(&chance, headers);
        struct elf_image image;
        enum error error = elf_read(mutated.bytes, mutated.size, file.size, MEMORY_MAX, &image);
        if (error == E_OK) {
            const char *broken = elf_image_broken(&image, file.size, MEMORY_MAX);
            if (broken)
                print_error("mutation %d: %s\n", i, broken);
            assert_null(broken);
            accepted++;
        } else {
            assert_true(error == E_NOEXEC || error == E_NOMEM || error == E_RANGE);
            assert_non_null(image.complaint);
        }
        block_free(mutated);
    }
    print_message("accepted %u of %d\n", accepted, MUTATED_FILES);
    assert_true(accepted > MUTATED_FILES / 20 && accepted < MUTATED_FILES * 19 / 20);
    block_free(headers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elf_reads_a_program),
        cmocka_unit_test(test_elf_sorts_segments),
        cmocka_unit_test(test_elf_accepts_the_edges),
        cmocka_unit_test(test_elf_ignores_what_is_not_loaded),
        cmocka_unit_test(test_elf_refuses_other_kinds_of_file),
        cmocka_unit_test(test_elf_refuses_broken_tables),
        cmocka_unit_test(test_elf_asks_for_headers_further_on),
        cmocka_unit_test(test_elf_refuses_every_truncation),
        cmocka_unit_test(test_elf_refuses_segments_that_cannot_be),
        cmocka_unit_test(test_elf_refuses_segments_outside_the_user_half),
        cmocka_unit_test(test_elf_refuses_shared_pages),
        cmocka_unit_test(test_elf_refuses_entries_outside_code),
        cmocka_unit_test(test_elf_refuses_broken_tls),
        cmocka_unit_test(test_elf_bounds_the_memory),
        cmocka_unit_test(test_elf_survives_mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
