#pragma once
/* bench_vm.h - what the measurements of virtual memory share: the counter, pages, a printed figure.
 */
#include <octavo/calls.h>
#include <stdint.h>

enum { PAGE_BYTES = 4096, MEBIBYTE_PAGES = 256 };

/* The series, one file each. The argument is the largest size, or the time for each figure. -> 0,
 * or a negated error. */
long fork_measure(uint64_t mebibytes); /* fork.c: 1 MiB up to so many */
long touch_measure(uint64_t pages);    /* touch.c: 1 page up to so many */
long areas_measure(uint64_t areas);    /* areas.c: 1 area up to so many */
long harts_measure(uint64_t ms);       /* harts.c: 1 hart up to all, so long each */

/* Prints a figure of a series: what was found at `x`. */
void row_print(const char *series, uint64_t x, double figure);

/* Maps zeroes of the process's own, readable and writable; flags: MAP_ besides. -> the address. */
long fresh_map(uint64_t pages, uint32_t flags);

/* Unmaps them. -> 0 or a negated error. */
long fresh_unmap(long address, uint64_t pages);

/* Writes to each `step`-th page, in four instructions each. */
static inline void pages_touch(long address, uint64_t pages, uint64_t step)
{
    volatile uint64_t *page = (volatile uint64_t *)address;

    for (uint64_t left = pages / step; left != 0; left--) {
        *page = left;
        page += step * PAGE_BYTES / sizeof *page;
    }
}

/* Reads from each page. */
static inline void pages_read(long address, uint64_t pages)
{
    const volatile uint64_t *page = (const volatile uint64_t *)address;

    for (; pages != 0; pages--, page += PAGE_BYTES / sizeof *page)
        (void)*page;
}

/* Instructions that this hart has executed, whoever it ran. Exact under QEMU's -icount. */
static inline uint64_t instructions(void)
{
    uint64_t value;

    __asm__ volatile("rdinstret %0" : "=r"(value)::"memory");
    return value;
}
