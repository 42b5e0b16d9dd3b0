/* mman.c - mmap, munmap, mprotect and msync as vm_map, vm_unmap and vm_protect.
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
#include <unistd.h>

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

static uint32_t mapping_flags(int protection, int flags)
{
    return access_flags(protection) | ((flags & MAP_SHARED) != 0 ? MAP_SHARE : 0) |
           ((flags & MAP_NORESERVE) != 0 ? MAP_SPARSE : 0);
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

static long check_kind(int flags, off_t offset)
{
    bool shared = (flags & MAP_SHARED) != 0, private = (flags & MAP_PRIVATE) != 0;

    if ((flags & ~FLAGS) != 0 || shared == private || offset < 0 || !is_aligned((uint64_t)offset))
        return -E_INVAL;
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
    mapping->flags = mapping_flags(protection, flags);
    if ((flags & MAP_FIXED) == 0)
        return map_somewhere(mapping);
    mapping->flags |= MAP_EXACT;
    return map_exactly(mapping);
}

/* ---- files ----------------------------------------------------------------------------------- */

static long ask_for_memory(int file, enum file_map kind)
{
    struct message m = {.label = FILE_MAP, .word = {kind}};
    long memory = file_call_for_handle(file, &m);

    return memory == -E_INVAL ? -E_NODEV : memory; /* what knows no such thing cannot be mapped */
}

/* A memory object with the file's contents. What is shared but not written may be a file that is
 * open for reading alone. */
static long file_memory(int file, int protection, int flags)
{
    long memory;

    if (!is_descriptor(file))
        return -E_BADF;
    if ((flags & MAP_SHARED) == 0)
        return ask_for_memory(file, FILE_MAP_PRIVATE);
    memory = ask_for_memory(file, FILE_MAP_SHARED);
    if (memory == -E_ACCES && (protection & PROT_WRITE) == 0)
        memory = ask_for_memory(file, FILE_MAP_PRIVATE);
    return memory;
}

/* Puts the object's pages where all of the range is reserved; what lies behind its end stays
 * without access. */
static long map_contents(uint64_t address, const struct mapping *wanted, uint64_t size)
{
    struct mapping contents = *wanted;

    if (wanted->offset >= size)
        return 0;
    contents.address = address;
    contents.length =
        size - wanted->offset < wanted->length ? size - wanted->offset : wanted->length;
    contents.flags |= MAP_EXACT;
    return map_exactly(&contents);
}

static long map_memory(struct mapping *mapping, int protection, int flags)
{
    struct mapping reserved = {
        .address = mapping->address, .length = mapping->length, .memory = HANDLE_NONE};
    struct memory_info info;
    long result = memory_info(mapping->memory, &info);
    long address;

    if (result < 0)
        return result;
    if (mapping->offset < info.size && mapping->length <= info.size - mapping->offset)
        return map(mapping, protection, flags);
    address = map(&reserved, PROT_NONE, (flags & MAP_FIXED) | MAP_PRIVATE);
    if (address < 0)
        return address;
    mapping->flags = mapping_flags(protection, flags);
    result = map_contents((uint64_t)address, mapping, info.size);
    if (result < 0)
        vm_unmap(HANDLE_SPACE, (uint64_t)address, mapping->length);
    return result < 0 ? result : address;
}

static long map_file(struct mapping *mapping, int protection, int flags, int file)
{
    long result = check_protection(protection);
    long memory;

    if (result < 0)
        return result;
    memory = mapping->length != 0 ? file_memory(file, protection, flags) : -E_INVAL;
    if (memory < 0)
        return memory;
    mapping->memory = (int)memory;
    result = map_memory(mapping, protection, flags);
    handle_close((int)memory);
    return result;
}

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset)
{
    struct mapping mapping = {
        .address = CALL_POINTER(address), .length = length, .memory = HANDLE_NONE};
    long result = check_kind(flags, offset);

    if (result == 0 && (flags & MAP_ANONYMOUS) != 0) {
        result = map(&mapping, protection, flags);
    } else if (result == 0) {
        mapping.offset = (uint64_t)offset;
        result = map_file(&mapping, protection, flags, file);
    }
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

/* ---- msync ----------------------------------------------------------------------------------- */

/* Is every page of the range mapped? */
static bool is_mapped(uint64_t address, uint64_t length)
{
    uint64_t end = address + length;

    while (address < end) {
        struct vm_area area;

        if (vm_query(HANDLE_SELF, 0, address, &area) < 0 || area.address > address)
            return false;
        address = area.address + area.length;
    }
    return true;
}

/* Which file is behind a page is known to the kernel and the server alone: all are synchronised. */
int msync(void *address, size_t length, int flags)
{
    uint64_t start = CALL_POINTER(address);
    int kind = flags & (MS_ASYNC | MS_SYNC);

    if (!is_aligned(start) || (flags & ~(MS_ASYNC | MS_SYNC | MS_INVALIDATE)) != 0 ||
        kind == (MS_ASYNC | MS_SYNC))
        return (int)posix_result(-E_INVAL);
    if (start + length < start || !is_mapped(start, length))
        return (int)posix_result(-E_NOMEM);
    if (kind == MS_SYNC)
        sync();
    return 0;
}
