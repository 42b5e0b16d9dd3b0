/* vm.c - vm.h. No state. */
#include "vm.h"

#include <sys/wait.h>

#include "tap.h"

long map_at(uint64_t address, uint64_t pages, uint32_t flags)
{
    struct mapping mapping = {address, pages * PAGE, flags | MAP_EXACT, HANDLE_NONE, 0};
    return vm_map(HANDLE_SPACE, &mapping);
}

long unmap_at(uint64_t address, uint64_t pages)
{
    return vm_unmap(HANDLE_SPACE, address, pages * PAGE);
}

long protect_at(uint64_t address, uint64_t pages, uint32_t flags)
{
    return vm_protect(HANDLE_SPACE, address, pages * PAGE, flags);
}

void store_word(void *address) { *(volatile uint64_t *)address = 1; }

void load_word(void *address) { (void)*(volatile uint64_t *)address; }

bool faults(void (*touch)(void *), uint64_t address)
{
    int status = tap_wait(tap_fork(touch, (void *)(uintptr_t)address));
    return WIFSIGNALED(status) && WTERMSIG(status) == DEATH_FAULT;
}

struct vm_area query(uint64_t address)
{
    struct vm_area area;
    return vm_query(HANDLE_SELF, 0, address, &area) > 0 ? area : (struct vm_area){0};
}

bool area_is(uint64_t address, uint64_t pages, uint32_t flags, uint64_t resident)
{
    struct vm_area area = query(address);
    bool is = area.address == address && area.length == pages * PAGE && area.flags == flags &&
              area.resident == resident;
    if (!is)
        tap_comment("%#lx: %lu bytes, flags %#x, %lu resident", (unsigned long)area.address,
                    (unsigned long)area.length, area.flags, (unsigned long)area.resident);
    return is;
}

void number_pages(uint64_t address, uint64_t pages, uint64_t base)
{
    for (uint64_t i = 0; i < pages; i++)
        *word_at(address + i * PAGE) = base + i;
}

bool are_numbered(uint64_t address, uint64_t pages, uint64_t base)
{
    for (uint64_t i = 0; i < pages; i++)
        if (*word_at(address + i * PAGE) != base + i)
            return false;
    return true;
}
