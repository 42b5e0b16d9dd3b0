/* mman.c - mmap, munmap and mprotect as vm_map, vm_unmap and vm_protect.
 *
 * To the kernel a range outside the user half is E_INVAL as well, for which POSIX has ENOMEM: all
 * else that could be wrong is looked at here first, so that an E_INVAL means just that. The C
 * library's lock is held while MAP_FIXED removes what is there and puts the new mapping in its
 * place: no other mmap may take it meanwhile.
 */
#include "posix.h"

#include <fcntl.h>
#include <octavo/calls.h>
#include <stdbool.h>
#include <sys/lock.h>
#include <sys/mman.h>

enum {
    PAGE_BYTES = 4096,
    PROTECTIONS = PROT_READ | PROT_WRITE | PROT_EXEC,
    FLAGS = MAP_SHARED | MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK,
};

static bool is_aligned(uint64_t place) { return place % PAGE_BYTES == 0; }

/* The kernel's flags for a protection that has been checked. */
static uint32_t access_flags(int protection)
{
    uint32_t flags = ((protection & PROT_READ) != 0 ? MAP_READ : 0) |
                     ((protection & PROT_WRITE) != 0 ? MAP_READ | MAP_WRITE : 0) |
                     ((protection & PROT_EXEC) != 0 ? MAP_EXECUTE : 0);

    return flags == 0 ? MAP_NONE : flags;
}

static long check_protection(int protection)
{
    if ((protection & ~PROTECTIONS) != 0)
        return -E_INVAL;
    return (protection & (PROT_WRITE | PROT_EXEC)) == (PROT_WRITE | PROT_EXEC) ? -E_ACCES : 0;
}

/* ENOMEM where the range is what is wrong, or a page of it. */
static long range_result(long result)
{
    return result == -E_INVAL || result == -E_NOENT ? -E_NOMEM : result;
}

/* ---- mmap ------------------------------------------------------------------------------------ */

static long check_kind(int flags, int file, off_t offset)
{
    bool shared = (flags & MAP_SHARED) != 0, private = (flags & MAP_PRIVATE) != 0;

    if ((flags & ~FLAGS) != 0 || shared == private || !is_aligned((uint64_t)offset))
        return -E_INVAL;
    if ((flags & MAP_ANONYMOUS) == 0)
        return fcntl(file, F_GETFD) < 0 ? -E_BADF : -E_NODEV;
    return 0;
}

static long map_exactly(const struct mapping *mapping)
{
    if (!is_aligned(mapping->address))
        return -E_INVAL;
    __LIBC_LOCK();
    long result = vm_unmap(HANDLE_SPACE, mapping->address, mapping->length);
    if (result == 0)
        result = vm_map(HANDLE_SPACE, mapping);
    __LIBC_UNLOCK();
    return range_result(result);
}

/* Where the caller wishes if that can be, else anywhere. */
static long map_somewhere(struct mapping *mapping)
{
    long result = -E_NOMEM;

    mapping->address -= mapping->address % PAGE_BYTES;
    if (mapping->address != 0)
        result = vm_map(HANDLE_SPACE, mapping);
    if (result < 0) {
        mapping->address = 0;
        result = vm_map(HANDLE_SPACE, mapping);
    }
    return range_result(result);
}

static long map(struct mapping *mapping, int protection, int flags)
{
    long result = check_protection(protection);

    if (result < 0)
        return result;
    if (mapping->length == 0)
        return -E_INVAL;
    mapping->flags = access_flags(protection) | ((flags & MAP_SHARED) != 0 ? MAP_SHARE : 0) |
                     ((flags & MAP_NORESERVE) != 0 ? MAP_SPARSE : 0);
    if ((flags & MAP_FIXED) == 0)
        return map_somewhere(mapping);
    mapping->flags |= MAP_EXACT;
    return map_exactly(mapping);
}

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset)
{
    struct mapping mapping = {
        .address = CALL_POINTER(address), .length = length, .memory = HANDLE_NONE};
    long result = check_kind(flags, file, offset);

    if (result == 0)
        result = map(&mapping, protection, flags);
    return (void *)posix_result(result);
}

/* ---- munmap, mprotect ------------------------------------------------------------------------ */

int munmap(void *address, size_t length)
{
    return (int)posix_result(vm_unmap(HANDLE_SPACE, CALL_POINTER(address), length));
}

int mprotect(void *address, size_t length, int protection)
{
    long result = check_protection(protection);

    if (result == 0 && !is_aligned(CALL_POINTER(address)))
        result = -E_INVAL;
    else if (result == 0 && length != 0)
        result = range_result(
            vm_protect(HANDLE_SPACE, CALL_POINTER(address), length, access_flags(protection)));
    return (int)posix_result(result);
}
