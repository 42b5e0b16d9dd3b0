/* fuzz_elf.c - any bytes as the start of a program: an accepted one keeps every promise of struct
 * elf_image, a refused one has a reason.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/elf_invariants.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { MEMORY_MAX = 1 << 30 };

static void file_read(const uint8_t *bytes, size_t available, uint64_t file_size)
{
    struct elf_image image;
    enum error error = elf_read(bytes, available, file_size, MEMORY_MAX, &image);
    const char *broken = NULL;
    if (error == E_OK)
        broken = elf_image_broken(&image, file_size, MEMORY_MAX);
    else if (!image.complaint)
        broken = "refused without a complaint";
    else if (error == E_RANGE && image.headers_size <= available)
        broken = "more headers wanted than are missing";
    if (broken) {
        fprintf(stderr, "%s\n", broken);
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    file_read(bytes, size, size);
    file_read(bytes, size, size + (16 << 20)); /* the start of a longer file */
    file_read(bytes, size / 2, size);
    return 0;
}
