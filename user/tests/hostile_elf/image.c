/* image.c - makes, loads and runs the image. No state. */
#include "image.h"

#include <errno.h>
#include <string.h>

enum { PATIENCE_MS = 20 };

void image_make(struct image *image)
{
    static const uint32_t code[] = {
        0x02a00513,                          /* li a0, 42 */
        0x00000893 | SYS_PROCESS_EXIT << 20, /* li a7, SYS_PROCESS_EXIT */
        0x00000073,                          /* ecall */
    };
    static const uint32_t flags[SEGMENTS] = {ELF_READ | ELF_EXECUTE, ELF_READ,
                                             ELF_READ | ELF_WRITE};
    memset(image, 0, sizeof *image);
    image->header = (struct elf_header){.magic = "\177ELF",
                                        .class = 2,
                                        .data = 1,
                                        .id_version = 1,
                                        .type = ELF_TYPE_EXECUTABLE,
                                        .machine = ELF_MACHINE_RISCV,
                                        .version = 1,
                                        .entry = IMAGE_BASE + HEADERS,
                                        .program_headers = ELF_HEADER_SIZE,
                                        .header_size = ELF_HEADER_SIZE,
                                        .program_header_size = ELF_PROGRAM_HEADER_SIZE,
                                        .program_header_count = SEGMENTS};
    for (unsigned i = 0; i < SEGMENTS; i++)
        image->segment[i] = (struct elf_program_header){.type = ELF_LOAD,
                                                        .flags = flags[i],
                                                        .offset = i * PAGE,
                                                        .address = IMAGE_BASE + i * PAGE,
                                                        .file_size = PAGE,
                                                        .memory_size = PAGE * (i + 1),
                                                        .alignment = PAGE};
    image->segment[0].memory_size = PAGE;
    image->segment[1].memory_size = PAGE;
    memcpy(image->rest, code, sizeof code);
}

int image_load(const struct image *image, uint64_t size, struct program *program)
{
    static char *const no_strings[] = {NULL};
    struct program_source source = {.file = HANDLE_NONE, .image = image, .size = size};
    errno = 0;
    return program_load_image(&source, "bad", no_strings, no_strings, program);
}

static void run_program(void *program) { program_run(program); }

int image_run(struct program *program)
{
    struct suspect suspect = {.progress = map_shared(PAGE), .patience_ms = PATIENCE_MS};
    suspect.body = run_program;
    suspect.argument = program;
    int status = run_suspect(&suspect);
    unmap_pages(suspect.progress, PAGE);
    return status;
}
