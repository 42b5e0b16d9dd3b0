#pragma once
/* sys/mman.h - memory by address: mapping, unmapping, permissions.
 *
 * Pages come when they are first touched. Which files can be mapped their servers say.
 */
#include <sys/types.h>

#define PROT_NONE  0
#define PROT_READ  1
#define PROT_WRITE 2 /* implies PROT_READ */
#define PROT_EXEC  4

#define MAP_SHARED    0x01 /* fork's child, and the file, see the same memory */
#define MAP_PRIVATE   0x02 /* fork's child gets a copy; the file does not see what is written */
#define MAP_FIXED     0x10 /* exactly there, instead of what is there */
#define MAP_ANONYMOUS 0x20 /* zeroes */
#define MAP_ANON      MAP_ANONYMOUS
#define MAP_NORESERVE 0x4000  /* used here and there: no larger pages than those of 4 KiB */
#define MAP_STACK     0x20000 /* changes nothing */

#define MAP_FAILED ((void *)-1)

/* -> the address, or MAP_FAILED with errno. EINVAL: no length, unknown flags or protection, neither
 * or both of MAP_SHARED and MAP_PRIVATE, or what is not a multiple of a page: the offset, and with
 * MAP_FIXED the address; ENOMEM: no memory or no room, or a range that leaves what programs can
 * address; EACCES: writable and executable at once, or the file is not open for that; EBADF;
 * ENODEV: the file's server cannot. An address without MAP_FIXED is a wish. Who touches a page that
 * lies behind the file's end dies of it. */
void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset);

/* Removes what is mapped in the pages of the range, which may hold holes. EINVAL: no length, an
 * address that is not a multiple of a page, or a range that leaves what programs can address;
 * ENOMEM: no memory to note what remains at the edges. */
int munmap(void *address, size_t length);

/* EINVAL: unknown protection, or an address that is not a multiple of a page; ENOMEM: some page is
 * not mapped (nothing changes), or no memory; EACCES: writable and executable at once, or writing
 * to what is read-only. No length: nothing to do. */
int mprotect(void *address, size_t length, int protection);

#define MS_ASYNC      1
#define MS_INVALIDATE 2 /* changes nothing: there is one copy of the contents */
#define MS_SYNC       4

/* With MS_SYNC what was written to MAP_SHARED pages is on the device when this returns; it waits
 * for all other files as well. EINVAL: unknown flags, both of MS_ASYNC and MS_SYNC, or an address
 * that is not a multiple of a page; ENOMEM: some page is not mapped. */
int msync(void *address, size_t length, int flags);
