#pragma once
/* vm.h - what the tests of memory share: mappings at places of their own, what vm_query says of
 * them, and children that die of an access.
 */
#include <octavo/calls.h>

#include <stdbool.h>
#include <stdint.h>

#include "tests/lib/help.h"

/* Where nothing else is: far from program, heap and stack. */
#define PLACE 0x2800000000ull

enum {
    SMALL = MAP_READ | MAP_WRITE | MAP_SPARSE,
    SMALL_READ = MAP_READ | MAP_SPARSE,
};

/* vm_map of zeroed pages, just there; vm_unmap; vm_protect. Lengths in pages. */
long map_at(uint64_t address, uint64_t pages, uint32_t flags);
long unmap_at(uint64_t address, uint64_t pages);
long protect_at(uint64_t address, uint64_t pages, uint32_t flags);

static inline volatile uint64_t *word_at(uint64_t address)
{
    return (volatile uint64_t *)(uintptr_t)address;
}

/* Does a child die by a fault when it runs store_word or load_word on the address? */
void store_word(void *address);
void load_word(void *address);
bool faults(void (*touch)(void *), uint64_t address);

/* The mapping at the address or behind it; all zero: none. */
struct vm_area query(uint64_t address);

/* Is the mapping there just these pages, with these flags and so many of them resident? Prints what
 * it is instead. */
bool area_is(uint64_t address, uint64_t pages, uint32_t flags, uint64_t resident);

/* A number in each page, from `base` on. */
void number_pages(uint64_t address, uint64_t pages, uint64_t base);
bool are_numbered(uint64_t address, uint64_t pages, uint64_t base);
