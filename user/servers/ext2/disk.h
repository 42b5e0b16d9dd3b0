#pragma once
/* disk.h - what the file system needs of a disk: blocks, and an order among writes.
 *
 * On Octavo a session with a block driver (block.h); on the host a file, or a recorder that knows
 * what a loss of power may leave behind. Functions wait until they are done, and may be called by
 * several threads at once.
 */
#include <octavo/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct disk {
    uint64_t size;  /* bytes */
    bool read_only; /* writes give E_ROFS */

    /* Reads or writes `length` bytes at byte `offset`, both whole sectors of 512, from or to memory
     * that `allocate` gave. E_IO, E_NODEV, E_RANGE. */
    enum error (*read)(struct disk *disk, uint64_t offset, size_t length, void *memory);
    enum error (*write)(struct disk *disk, uint64_t offset, size_t length, const void *memory);
    /* What was written before is safe from a loss of power. */
    enum error (*flush)(struct disk *disk);

    /* Memory that the disk can reach, whole pages and page-aligned. NULL: there is none. */
    void *(*allocate)(struct disk *disk, size_t length);
    void (*free)(struct disk *disk, void *memory, size_t length);
};
