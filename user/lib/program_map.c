/* program_map.c - a program's segments and stack, made here and mapped there.
 *
 * What a file or the start block fills is a memory object that is first mapped into this space and
 * filled, the file's bytes coming straight from the file server, and then mapped into the program's
 * with its final permissions. Whatever happens, neither the mapping here nor the handle of the
 * object stays. All else, which is zero, is memory that the program gets page by page as it touches
 * it.
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

/* Memory of zeroes for the program. */
static long map_zeroes(int space, uint64_t address, uint64_t length, uint32_t flags)
{
    struct mapping place = {.address = address,
                            .length = length,
                            .flags = flags | MAP_EXACT | MAP_SPARSE,
                            .memory = HANDLE_NONE};
    long result = length > 0 ? vm_map(space, &place) : 0;

    return result < 0 ? result : 0;
}

static uint32_t segment_flags(const struct elf_segment *segment)
{
    return ((segment->flags & ELF_READ) != 0 ? MAP_READ : 0) |
           ((segment->flags & ELF_WRITE) != 0 ? MAP_READ | MAP_WRITE : 0) |
           ((segment->flags & ELF_EXECUTE) != 0 ? MAP_EXECUTE : 0);
}

static uint64_t whole_pages(uint64_t bytes)
{
    return (bytes + ELF_PAGE_SIZE - 1) & -(uint64_t)ELF_PAGE_SIZE;
}

/* The pages that hold bytes of the file. */
static long map_from_file(int space, const struct program_source *source,
                          const struct elf_segment *segment, uint64_t length)
{
    uint64_t inside = segment->address % ELF_PAGE_SIZE;
    struct workpiece piece;
    long result = workpiece_make(length, &piece);

    if (result < 0)
        return result;
    result = program_read(source, piece.here + inside, segment->file_size, segment->offset);
    return workpiece_deliver(&piece, result, space, segment->address - inside,
                             segment_flags(segment));
}

static long map_segment(int space, const struct program_source *source,
                        const struct elf_segment *segment)
{
    uint64_t inside = segment->address % ELF_PAGE_SIZE, start = segment->address - inside;
    uint64_t filled = segment->file_size > 0 ? whole_pages(inside + segment->file_size) : 0;
    uint64_t length = whole_pages(inside + segment->memory_size);
    long result = filled > 0 ? map_from_file(space, source, segment, filled) : 0;

    if (result < 0)
        return result;
    return map_zeroes(space, start + filled, length - filled, segment_flags(segment));
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

enum { AUXILIARY_WORDS = 4 }; /* AUX_MODE_MASK, AUX_NULL */

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
    *writer->word++ = AUX_MODE_MASK;
    *writer->word++ = mode_mask();
    *writer->word++ = AUX_NULL;
    *writer->word++ = 0;
}

/* The stack but for its top `filled` bytes, and a gap below it that nothing else gets: who grows
 * out of the stack faults. */
static long map_rest_of_stack(int space, uint64_t filled)
{
    uint64_t bottom = PROGRAM_STACK_TOP - PROGRAM_STACK_SIZE;
    long result = map_zeroes(space, bottom, PROGRAM_STACK_SIZE - filled, MAP_READ | MAP_WRITE);

    if (result < 0)
        return result;
    return map_zeroes(space, bottom - PROGRAM_STACK_GUARD, PROGRAM_STACK_GUARD, MAP_NONE);
}

long program_make_stack(int space, const struct program_arguments *arguments)
{
    struct block_size size = {.pointers = 1 + AUXILIARY_WORDS};
    struct block_writer writer;
    struct workpiece piece;
    uint64_t block, filled;
    long result;

    size_add_list(&size, arguments->argv);
    size_add_list(&size, arguments->envp);
    if (size.pointers * sizeof(uint64_t) + size.text > PROGRAM_ARGUMENTS_MAX)
        return -E_2BIG;

    block = size.text + size.pointers * sizeof(uint64_t);
    block = (block + 15) & -(uint64_t)16; /* psABI: sp is 16-aligned */
    filled = whole_pages(block);
    result = workpiece_make(filled, &piece);
    if (result < 0)
        return result;
    writer = (struct block_writer){
        .word = (uint64_t *)(piece.here + filled - block),
        .text = piece.here + filled - size.text,
        .distance = PROGRAM_STACK_TOP - filled - CALL_POINTER(piece.here),
    };
    write_block(&writer, arguments);
    result = workpiece_deliver(&piece, 0, space, PROGRAM_STACK_TOP - filled, MAP_READ | MAP_WRITE);
    if (result == 0)
        result = map_rest_of_stack(space, filled);
    return result < 0 ? result : (long)(PROGRAM_STACK_TOP - block);
}
