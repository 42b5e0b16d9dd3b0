/* boot_memory.c - RAM minus what is reserved. Runs once, on one hart, under the boot table, which
 * reaches all RAM. */
#include "kernel/boot_memory.h"

#include <string.h>

#include "kernel/frame.h"
#include "kernel/machine.h"
#include "kernel/panic.h"

enum { RESERVED_MAX = FDT_REGIONS_MAX + 4 };

extern char __kernel_start[], __kernel_end[];

static struct fdt_region reserved[RESERVED_MAX];
static size_t reserved_count;

static void reserve(struct fdt_region region)
{
    ASSERT(reserved_count < RESERVED_MAX);
    if (region.size > 0)
        reserved[reserved_count++] = region;
}

static uint64_t round_up(uint64_t address)
{
    return (address + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

/* The part of [from, end) that comes first and is not reserved, in whole pages. False: none. */
static bool next_free(uint64_t from, uint64_t end, struct fdt_region *free)
{
    bool moved = true;

    from = round_up(from);
    while (moved) { /* out of every reserved region that holds `from` */
        moved = false;
        for (size_t i = 0; i < reserved_count; i++) {
            uint64_t stop = reserved[i].start + reserved[i].size;
            if (from + PAGE_SIZE > reserved[i].start && from < stop) {
                from = round_up(stop);
                moved = true;
            }
        }
    }
    for (size_t i = 0; i < reserved_count; i++)
        if (reserved[i].start >= from && reserved[i].start < end)
            end = reserved[i].start;
    end &= ~(uint64_t)(PAGE_SIZE - 1);
    if (from >= end)
        return false;
    *free = (struct fdt_region){from, end - from};
    return true;
}

/* The direct map's window bounds what RAM can be used. */
static uint64_t ram_end(size_t i)
{
    const uint64_t window = DIRECT_MAP_END - DIRECT_MAP;
    uint64_t end = machine.ram.entry[i].start + machine.ram.entry[i].size;

    return end < window ? end : window;
}

/* A place for frame records, which is then reserved. */
static struct frame *place_records(uint64_t bytes)
{
    struct fdt_region free;

    for (size_t i = 0; i < machine.ram.count; i++) {
        uint64_t from = machine.ram.entry[i].start;
        while (next_free(from, ram_end(i), &free)) {
            from = free.start + free.size;
            if (free.size < bytes)
                continue;
            reserve((struct fdt_region){free.start, bytes});
            return memset((void *)(DIRECT_MAP + free.start), 0, bytes);
        }
    }
    panic("no room for the records of %lu pages of RAM", machine.ram_pages);
}

void boot_memory_init(void)
{
    uint64_t start = UINT64_MAX, end = 0;
    struct fdt_region free;

    for (size_t i = 0; i < machine.reserved.count; i++)
        reserve(machine.reserved.entry[i]);
    reserve((struct fdt_region){(uintptr_t)__kernel_start - KERNEL_OFFSET,
                                __kernel_end - __kernel_start});
    reserve((struct fdt_region){machine.fdt_physical, machine.fdt.size});
    reserve(machine.initrd);
    for (size_t i = 0; i < machine.ram.count; i++) {
        if (machine.ram.entry[i].start < start)
            start = machine.ram.entry[i].start;
        if (ram_end(i) > end)
            end = ram_end(i);
    }
    uint64_t pages = (end >> PAGE_BITS) - (start >> PAGE_BITS);
    struct frame *records = place_records(pages * sizeof *records);
    frame_init(paddr_page((paddr_t){start}), pages, records);
    kernel_window.first = paddr_page((paddr_t){start});
    kernel_window.pages = pages;
    kernel_window.frames = records;
    for (size_t i = 0; i < machine.ram.count; i++) {
        uint64_t from = machine.ram.entry[i].start;
        while (next_free(from, ram_end(i), &free)) {
            frame_add(paddr_page((paddr_t){free.start}), free.size >> PAGE_BITS);
            from = free.start + free.size;
        }
    }
}
