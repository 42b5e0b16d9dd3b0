#pragma once
/* image.h - a small program as an ELF image in memory, for tests to spoil. */
#include <octavo/elf.h>
#include <octavo/program.h>

#include "tests/lib/help.h"

enum {
    SEGMENTS = 3,
    HEADERS = ELF_HEADER_SIZE + SEGMENTS * ELF_PROGRAM_HEADER_SIZE,
    IMAGE_SIZE = 3 * PAGE,
    GOOD_STATUS = 42, /* what the good program exits with */
};

/* Where the program's first segment goes. */
#define IMAGE_BASE 0x400000ull

/* Three segments: code, constants, data with zeros behind. The code stands behind the headers. */
struct image {
    struct elf_header header;
    struct elf_program_header segment[SEGMENTS];
    uint8_t rest[IMAGE_SIZE - HEADERS];
};
_Static_assert(sizeof(struct image) == IMAGE_SIZE, "the image is three whole pages");

/* A program that is as it should be. */
void image_make(struct image *image);

/* Loads the first `size` bytes as a program. -> 0, or -1 with errno. */
int image_load(const struct image *image, uint64_t size, struct program *program);

/* Runs a loaded program in a child until it ends, or does nothing for long; its wait status. */
int image_run(struct program *program);

/* ---- server.c: a file server that lies ------------------------------------------------------- */

void test_lying_file_server(void);
