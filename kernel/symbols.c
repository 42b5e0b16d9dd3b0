/* symbols.c - finds the function that holds an address, by binary search in the linked-in table.
 * Read-only data: no lock.
 */
#include "symbols.h"

#include <stddef.h>

extern const char __text_start[], __text_end[];

/* How many functions begin at or before the offset. */
static uint64_t symbol_count_until(uint64_t offset)
{
    uint64_t low = 0;
    uint64_t high = (uint64_t)(kernel_symbols_end - kernel_symbols);
    while (low < high) { /* those below low begin at or before offset, those from high on after */
        uint64_t middle = low + (high - low) / 2;
        if (kernel_symbols[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *symbol_find(uintptr_t pc, uintptr_t *offset)
{
    if (pc < (uintptr_t)__text_start || pc >= (uintptr_t)__text_end)
        return NULL;
    uint64_t distance = pc - (uintptr_t)__text_start;
    uint64_t until = symbol_count_until(distance);
    if (until == 0)
        return NULL;
    const struct kernel_symbol *found = &kernel_symbols[until - 1];
    *offset = distance - found->offset;
    return kernel_symbol_names + found->name;
}
