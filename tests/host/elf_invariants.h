#pragma once
/* elf_invariants.h - what struct elf_image promises, written down a second time, for the tests and
 * the fuzzer. Sums are made in 128 bits, so that one that wraps shows.
 */
#include <stdbool.h>
#include <stdint.h>

#include <octavo/elf.h>

typedef unsigned __int128 wide_t;

/* The promise that an accepted image breaks, or NULL. */
static inline const char *elf_image_broken(const struct elf_image *image, uint64_t file_size,
                                           uint64_t memory_max)
{
    const wide_t page = ELF_PAGE_SIZE;
    wide_t memory = 0, last_page = 0;
    bool entry_in_code = false, tls_in_segment = image->tls.file_size == 0;
    if (image->count == 0 || image->count > ELF_SEGMENTS_MAX)
        return "the number of segments";
    for (uint32_t i = 0; i < image->count; i++) {
        const struct elf_segment *segment = &image->segment[i];
        wide_t start = segment->address, end = start + segment->memory_size;
        wide_t filled = start + segment->file_size;
        if (segment->memory_size == 0 || segment->memory_size < segment->file_size)
            return "the size of a segment";
        if (start < ELF_USER_START || end > ELF_USER_LIMIT)
            return "the place of a segment";
        if (start / page < last_page)
            return "two segments share a page, or are not in order";
        if (segment->file_size != 0 && (wide_t)segment->offset + segment->file_size > file_size)
            return "a segment ends behind the file";
        if (segment->file_size != 0 && segment->offset % page != start % page)
            return "a segment cannot be mapped";
        if ((segment->flags & ELF_WRITE) && (segment->flags & ELF_EXECUTE))
            return "a segment is writable and executable";
        last_page = (end + page - 1) / page;
        memory += (last_page - start / page) * page;
        entry_in_code |= (segment->flags & ELF_EXECUTE) && image->entry >= start &&
                         (wide_t)image->entry + 2 <= filled;
        tls_in_segment |= image->tls.address >= start &&
                          (wide_t)image->tls.address + image->tls.file_size <= filled;
    }
    if (memory != image->memory || memory > memory_max)
        return "the sum of memory";
    if (!entry_in_code || image->entry % 2 != 0)
        return "the entry is not in code";
    if (!tls_in_segment || image->tls.memory_size < image->tls.file_size)
        return "the template of thread-local storage";
    return image->complaint ? "a complaint about an accepted program" : NULL;
}
