#pragma once
/* elf.h - what a loader must know of a program: the reader shared by the kernel (which loads init)
 * and the user library (which loads everything else).
 *
 * The reader gets the first bytes of a file that may be malicious, allocates nothing, and answers
 * with segments that can be mapped as they are. Formats: System V ABI, chapters 4 and 5 (ELF-64),
 * and the RISC-V ELF psABI. Numbers are little-endian, as is every machine this runs on.
 */
#include <stddef.h>
#include <stdint.h>

#include <octavo/error.h>

enum {
    ELF_PAGE_SIZE = 4096,
    ELF_HEADER_SIZE = 64,
    ELF_PROGRAM_HEADER_SIZE = 56,
    ELF_PROGRAM_HEADERS_MAX = 16,
    ELF_SEGMENTS_MAX = ELF_PROGRAM_HEADERS_MAX,
    ELF_MACHINE_RISCV = 243,
    ELF_TYPE_EXECUTABLE = 2,
};

/* Programs live in [ELF_USER_START, ELF_USER_LIMIT): the lower half of Sv39, the smallest space,
 * without the page at 0, which is never mapped. */
#define ELF_USER_START ((uint64_t)ELF_PAGE_SIZE)
#define ELF_USER_LIMIT ((uint64_t)1 << 38)

/* Figure 4-3 of the System V ABI, 64 bits. */
struct elf_header {
    uint8_t magic[4];   /* 0x7f "ELF" */
    uint8_t class;      /* 2: 64 bits */
    uint8_t data;       /* 1: little-endian */
    uint8_t id_version; /* 1 */
    uint8_t id_rest[9];
    uint16_t type, machine;
    uint32_t version; /* 1 */
    uint64_t entry;
    uint64_t program_headers, section_headers; /* offsets in the file */
    uint32_t flags;
    uint16_t header_size;
    uint16_t program_header_size, program_header_count;
    uint16_t section_header_size, section_header_count, section_names;
};
_Static_assert(sizeof(struct elf_header) == ELF_HEADER_SIZE, "the layout is the format's");

enum elf_program_type {
    ELF_LOAD = 1,
    ELF_DYNAMIC = 2,
    ELF_INTERPRETER = 3,
    ELF_TLS = 7,
};

enum elf_flag {
    ELF_EXECUTE = 1,
    ELF_WRITE = 2,
    ELF_READ = 4,
};

/* Figure 5-1, 64 bits. */
struct elf_program_header {
    uint32_t type, flags;
    uint64_t offset;                    /* in the file */
    uint64_t address, physical_address; /* only the first one counts */
    uint64_t file_size, memory_size;
    uint64_t alignment; /* 0, 1 or a power of two */
};
_Static_assert(sizeof(struct elf_program_header) == ELF_PROGRAM_HEADER_SIZE,
               "the layout is the format's");

/* Bytes [offset, offset + file_size) of the file go to `address`; zeros follow up to memory_size.
 * If file_size is 0, offset means nothing. */
struct elf_segment {
    uint64_t address;
    uint64_t memory_size; /* 0: there is no such segment */
    uint64_t offset, file_size;
    uint32_t flags; /* enum elf_flag */
};

/* Invariants after E_OK: 1 <= count; segments ascend and no two share a page; each lies inside
 * [ELF_USER_START, ELF_USER_LIMIT) and inside the file, has memory_size >= file_size and > 0, and
 * is never both writable and executable; where it has file bytes, offset and address agree modulo
 * the page size; entry lies in an executable one; the initial bytes of tls lie in one of them. */
struct elf_image {
    uint64_t entry;
    uint64_t memory; /* bytes of all pages of all segments */
    uint32_t count;
    struct elf_segment segment[ELF_SEGMENTS_MAX];
    struct elf_segment tls; /* the template of thread-local storage */
    uint64_t headers_size;  /* how many bytes from the start of the file the headers take */
    const char *complaint;  /* what was wrong, for people; NULL: nothing */
};

/* Reads a static RISC-V executable from `headers`, the first `available` bytes of a file of
 * `file_size` bytes; they may stand at any alignment and are not needed afterwards. `memory_max`
 * bounds image->memory. Errors, each with image->complaint and no segment to be used:
 *   E_RANGE   the headers go on behind `available`: try again with image->headers_size bytes;
 *   E_NOMEM   the program needs more than memory_max;
 *   E_NOEXEC  not a program for this machine, or one that contradicts itself. */
enum error elf_read(const void *headers, size_t available, uint64_t file_size, uint64_t memory_max,
                    struct elf_image *image) MUST_USE;
