#pragma once
/* vm_hooks.h - what the layer above supplies to this library: records and the end of the world.
 *
 * The library has no heap. The kernel gives records from its object caches, host tests from malloc
 * with failures injected.
 */
struct area;

/* An uninitialised record, or NULL: no memory. */
struct area *vm_area_allocate(void);
void vm_area_free(struct area *area);

/* A broken invariant. Never called for an argument. */
void vm_panic(const char *file, int line, const char *condition) __attribute__((noreturn));

#define VM_ASSERT(condition)                          \
    do {                                              \
        if (__builtin_expect(!(condition), 0))        \
            vm_panic(__FILE__, __LINE__, #condition); \
    } while (0)
