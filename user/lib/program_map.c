/* program_map.c - a program's segments and stack, made here and mapped there.
 *
 * Each is a memory object that is first mapped into this space and filled, the file's bytes coming
 * straight from the file server, and then mapped into the program's with its final permissions.
 * Whatever happens, neither the mapping here nor the handle of the object stays.
 */
#include "program.h"

#include "posix.h"

#include <octavo/calls.h>
#include <proto/file.h>
#include <string.h>

/* A memory object while it is mapped here too. */
struct workpiece {
    int memory;
    uint64_t length;
    char *here;
};

static long workpiece_make(uint64_t length, struct workpiece *piece)
{
    struct mapping view = {.length = length, .flags = MAP_READ | MAP_WRITE | MAP_SHARE};
    long memory = memory_create(length, MEMORY_ANONYMOUS, HANDLE_NONE);
    long here;

    if (memory < 0)
        return memory;
    view.memory = (int)memory;
    here = vm_map(HANDLE_SPACE, &view);
    if (here < 0) {
        handle_close((int)memory);
        return here;
    }
    *piece = (struct workpiece){.memory = (int)memory, .length = length, .here = (char *)here};
    return 0;
}

/* Ends the work here and maps the object into `space`, unless `result` says that filling failed.
 * -> 0 or the error. */
static long workpiece_deliver(struct workpiece *piece, long result, int space, uint64_t address,
                              uint32_t flags)
{
    struct mapping place = {.address = address,
                            .length = piece->length,
                            .flags = flags | MAP_EXACT,
                            .memory = piece->memory};

    vm_unmap(HANDLE_SPACE, CALL_POINTER(piece->here), piece->length);
    if (result >= 0)
        result = vm_map(space, &place);
    handle_close(piece->memory);
    return result < 0 ? result : 0;
}

long program_read(const struct program_source *source, void *buffer, size_t size, uint64_t offset)
{
    size_t done = 0;

    if (source->file == HANDLE_NONE) {
        if (offset > source->size || size > source->size - offset)
            return -E_IO;
        memcpy(buffer, (const char *)source->image + offset, size);
        return 0;
    }
    while (done < size) {
        long count = file_read(source->file, (char *)buffer + done, size - done, offset + done);

        if (count <= 0)
            return count < 0 ? count : -E_IO;
        done += (size_t)count;
    }
    return 0;
}

static uint32_t segment_flags(const struct elf_segment *segment)
{
    return ((segment->flags & ELF_READ) != 0 ? MAP_READ : 0) |
           ((segment->flags & ELF_WRITE) != 0 ? MAP_READ | MAP_WRITE : 0) |
           ((segment->flags & ELF_EXECUTE) != 0 ? MAP_EXECUTE : 0);
}

static long map_segment(int space, const struct program_source *source,
                        const struct elf_segment *segment)
{
    uint64_t inside = segment->address % ELF_PAGE_SIZE;
    uint64_t length =
        (inside + segment->memory_size + ELF_PAGE_SIZE - 1) & -(uint64_t)ELF_PAGE_SIZE;
    struct workpiece piece;
    long result = workpiece_make(length, &piece);

    if (result < 0)
        return result;
    if (segment->file_size > 0)
        result = program_read(source, piece.here + inside, segment->file_size, segment->offset);
    return workpiece_deliver(&piece, result, space, segment->address - inside,
                             segment_flags(segment));
}

long program_map_segments(int space, const struct program_source *source,
                          const struct elf_image *image)
{
    long result = 0;

    for (uint32_t i = 0; i < image->count && result == 0; i++)
        result = map_segment(space, source, &image->segment[i]);
    return result;
}

/* ---- the stack --------------------------------------------------------------------------- */

/* How much a start block takes. */
struct block_size {
    size_t pointers; /* words: argc, argv, envp and their NULLs, auxiliary vector */
    size_t text;     /* bytes: the strings */
};

/* Where the next word and the next string of a start block go, and how far the place that the
 * program will see is from here. */
struct block_writer {
    uint64_t *word;
    char *text;
    uint64_t distance;
};

enum { AUXILIARY_WORDS = 4 }; /* AUX_DIRECTORY, AUX_NULL */

static void size_add_list(struct block_size *size, char *const list[])
{
    for (; list != NULL && *list != NULL; list++) {
        size->pointers++;
        size->text += strlen(*list) + 1;
    }
    size->pointers++;
}

static uint64_t write_text(struct block_writer *writer, const char *text)
{
    uint64_t there = CALL_POINTER(writer->text) + writer->distance;

    writer->text = stpcpy(writer->text, text) + 1;
    return there;
}

static void write_list(struct block_writer *writer, char *const list[])
{
    for (; list != NULL && *list != NULL; list++)
        *writer->word++ = write_text(writer, *list);
    *writer->word++ = 0;
}

static uint64_t count_list(char *const list[])
{
    uint64_t n = 0;

    while (list[n] != NULL)
        n++;
    return n;
}

static void write_block(struct block_writer *writer, const struct program_arguments *arguments)
{
    *writer->word++ = count_list(arguments->argv);
    write_list(writer, arguments->argv);
    write_list(writer, arguments->envp);
    *writer->word++ = AUX_DIRECTORY;
    *writer->word++ = write_text(writer, path_directory());
    *writer->word++ = AUX_NULL;
    *writer->word++ = 0;
}

long program_make_stack(int space, const struct program_arguments *arguments)
{
    struct block_size size = {.pointers = 1 + AUXILIARY_WORDS};
    uint64_t bottom = PROGRAM_STACK_TOP - PROGRAM_STACK_SIZE;
    struct block_writer writer;
    struct workpiece piece;
    uint64_t start;
    long result;

    size_add_list(&size, arguments->argv);
    size_add_list(&size, arguments->envp);
    if (size.pointers * sizeof(uint64_t) + size.text > PROGRAM_ARGUMENTS_MAX)
        return -E_2BIG;
    size.text += strlen(path_directory()) + 1;

    result = workpiece_make(PROGRAM_STACK_SIZE, &piece);
    if (result < 0)
        return result;
    start = PROGRAM_STACK_SIZE - size.text - size.pointers * sizeof(uint64_t);
    start &= -(uint64_t)16; /* psABI: sp is 16-aligned */
    writer = (struct block_writer){
        .word = (uint64_t *)(piece.here + start),
        .text = piece.here + PROGRAM_STACK_SIZE - size.text,
        .distance = bottom - CALL_POINTER(piece.here),
    };
    write_block(&writer, arguments);
    result = workpiece_deliver(&piece, 0, space, bottom, MAP_READ | MAP_WRITE);
    return result < 0 ? result : (long)(bottom + start);
}
