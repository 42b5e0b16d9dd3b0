/* elf.c - reads the headers of a program; compiled into the kernel and into the user library.
 *
 * Everything is checked before anything is promised: see the invariants of struct elf_image.
 * Arithmetic is on values already known to be small, so that no sum can wrap.
 *
 * Lock: none; no state.
 */
#include <octavo/elf.h>

#include <stdbool.h>
#include <string.h>

static enum error refuse(struct elf_image *image, enum error error, const char *complaint)
{
    image->complaint = complaint;
    return error;
}

static uint64_t page_down(uint64_t address) { return address & ~(uint64_t)(ELF_PAGE_SIZE - 1); }
static uint64_t page_up(uint64_t address) { return page_down(address + ELF_PAGE_SIZE - 1); }

/* What tells a program for this machine from anything else. */
static enum error identity_check(const struct elf_header *header, struct elf_image *image)
{
    static const uint8_t magic[4] = {0x7f, 'E', 'L', 'F'};
    if (memcmp(header->magic, magic, sizeof magic) != 0)
        return refuse(image, E_NOEXEC, "not an ELF file");
    if (header->class != 2 || header->data != 1 || header->id_version != 1 || header->version != 1)
        return refuse(image, E_NOEXEC, "not 64-bit little-endian ELF version 1");
    if (header->machine != ELF_MACHINE_RISCV)
        return refuse(image, E_NOEXEC, "for another machine than RISC-V");
    if (header->type != ELF_TYPE_EXECUTABLE)
        return refuse(image, E_NOEXEC, "not an executable: link it, statically, without -pie");
    return E_OK;
}

/* The program headers must be of the known size, few, and inside the file and what was given. */
static enum error tables_check(const struct elf_header *header, size_t available,
                               uint64_t file_size, struct elf_image *image)
{
    if (header->header_size != ELF_HEADER_SIZE ||
        header->program_header_size != ELF_PROGRAM_HEADER_SIZE)
        return refuse(image, E_NOEXEC, "headers of an unknown size");
    if (header->program_header_count == 0 || header->program_header_count > ELF_PROGRAM_HEADERS_MAX)
        return refuse(image, E_NOEXEC, "no program headers, or too many");
    uint64_t size = (uint64_t)header->program_header_count * ELF_PROGRAM_HEADER_SIZE;
    if (size > file_size || header->program_headers > file_size - size)
        return refuse(image, E_NOEXEC, "the program headers are cut off");
    uint64_t end = header->program_headers + size;
    image->headers_size = end < ELF_HEADER_SIZE ? ELF_HEADER_SIZE : end;
    if (end > available)
        return refuse(image, E_RANGE, "the program headers are too far from the start");
    return E_OK;
}

/* What holds for every segment that takes memory, be it loaded or thread-local. */
static enum error range_check(const struct elf_program_header *header, uint64_t file_size,
                              struct elf_image *image)
{
    if ((header->alignment & (header->alignment - 1)) != 0)
        return refuse(image, E_NOEXEC, "a segment's alignment is not a power of two");
    if (header->memory_size < header->file_size)
        return refuse(image, E_NOEXEC, "a segment is larger in the file than in memory");
    bool in_file =
        header->file_size <= file_size && header->offset <= file_size - header->file_size;
    if (header->file_size != 0 && !in_file)
        return refuse(image, E_NOEXEC, "a segment ends behind the file");
    if (header->address < ELF_USER_START || header->address > ELF_USER_LIMIT ||
        header->memory_size > ELF_USER_LIMIT - header->address)
        return refuse(image, E_NOEXEC, "a segment is outside the memory of programs");
    return E_OK;
}

static struct elf_segment segment_of(const struct elf_program_header *header)
{
    return (struct elf_segment){
        .address = header->address,
        .memory_size = header->memory_size,
        .offset = header->offset,
        .file_size = header->file_size,
        .flags = header->flags & (ELF_READ | ELF_WRITE | ELF_EXECUTE),
    };
}

/* Puts a segment where it belongs among those of lower and of higher address. */
static enum error segment_insert(struct elf_image *image, struct elf_segment segment)
{
    struct elf_segment *list = image->segment;
    uint64_t first = page_down(segment.address);
    uint64_t end = page_up(segment.address + segment.memory_size);
    uint32_t at = 0;
    while (at < image->count && list[at].address < segment.address)
        at++;
    bool below = at > 0 && page_up(list[at - 1].address + list[at - 1].memory_size) > first;
    bool above = at < image->count && page_down(list[at].address) < end;
    if (below || above)
        return refuse(image, E_NOEXEC, "two segments share a page");
    memmove(list + at + 1, list + at, (image->count - at) * sizeof *list);
    list[at] = segment;
    image->count++;
    image->memory += end - first;
    return E_OK;
}

static enum error load_check(const struct elf_program_header *header, uint64_t file_size,
                             struct elf_image *image)
{
    if (header->memory_size == 0 && header->file_size == 0)
        return E_OK;
    enum error error = range_check(header, file_size, image);
    if (error != E_OK)
        return error;
    if (header->file_size != 0 && (header->offset - header->address) % ELF_PAGE_SIZE != 0)
        return refuse(image, E_NOEXEC,
                      "a segment cannot be mapped: offset and address differ "
                      "within the page");
    if ((header->flags & ELF_WRITE) && (header->flags & ELF_EXECUTE))
        return refuse(image, E_NOEXEC, "a segment is both writable and executable");
    if (!(header->flags & (ELF_READ | ELF_WRITE | ELF_EXECUTE)))
        return refuse(image, E_NOEXEC, "a segment that nobody may use");
    return segment_insert(image, segment_of(header));
}

static enum error tls_check(const struct elf_program_header *header, uint64_t file_size,
                            struct elf_image *image)
{
    if (image->tls.memory_size != 0)
        return refuse(image, E_NOEXEC, "two segments of thread-local storage");
    enum error error = range_check(header, file_size, image);
    if (error == E_OK)
        image->tls = segment_of(header);
    return error;
}

static enum error program_header_check(const struct elf_program_header *header, uint64_t file_size,
                                       struct elf_image *image)
{
    switch (header->type) {
    case ELF_LOAD:
        return load_check(header, file_size, image);
    case ELF_TLS:
        return tls_check(header, file_size, image);
    case ELF_DYNAMIC:
    case ELF_INTERPRETER:
        return refuse(image, E_NOEXEC, "needs a dynamic linker: link it with -static");
    default: /* notes, attributes, stack flags: nothing to load */
        return E_OK;
    }
}

/* The segment of which the file bytes contain [address, address + size), or NULL. */
static const struct elf_segment *segment_find(const struct elf_image *image, uint64_t address,
                                              uint64_t size)
{
    for (uint32_t i = 0; i < image->count; i++) {
        const struct elf_segment *segment = &image->segment[i];
        uint64_t offset = address - segment->address;
        if (address >= segment->address && offset <= segment->file_size &&
            size <= segment->file_size - offset)
            return segment;
    }
    return NULL;
}

/* What can only be said when all segments are known. */
static enum error image_check(struct elf_image *image, uint64_t memory_max)
{
    /* The shortest instruction has two bytes and begins at an even address. */
    const struct elf_segment *code = segment_find(image, image->entry, 2);
    if (!code || !(code->flags & ELF_EXECUTE) || image->entry % 2 != 0)
        return refuse(image, E_NOEXEC, "the entry point is not in code");
    if (image->tls.file_size != 0 && !segment_find(image, image->tls.address, image->tls.file_size))
        return refuse(image, E_NOEXEC, "the thread-local template is not in a segment");
    if (image->memory > memory_max)
        return refuse(image, E_NOMEM, "needs more memory than a program may have");
    return E_OK;
}

enum error elf_read(const void *headers, size_t available, uint64_t file_size, uint64_t memory_max,
                    struct elf_image *image)
{
    struct elf_header header;
    *image = (struct elf_image){.headers_size = ELF_HEADER_SIZE};
    if (file_size < ELF_HEADER_SIZE)
        return refuse(image, E_NOEXEC, "too short to be a program");
    if (available < ELF_HEADER_SIZE)
        return refuse(image, E_RANGE, "the ELF header is cut off");
    memcpy(&header, headers, sizeof header);
    enum error error = identity_check(&header, image);
    if (error == E_OK)
        error = tables_check(&header, available, file_size, image);
    image->entry = header.entry;
    for (uint16_t i = 0; error == E_OK && i < header.program_header_count; i++) {
        struct elf_program_header program;
        const uint8_t *table = (const uint8_t *)headers + header.program_headers;
        memcpy(&program, table + (size_t)i * sizeof program, sizeof program);
        error = program_header_check(&program, file_size, image);
    }
    return error == E_OK ? image_check(image, memory_max) : error;
}
