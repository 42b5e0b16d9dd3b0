#pragma once
/* calls.h - of the system calls those that file servers make, for tests on the host: calls_made.c.
 *
 * It comes before the header of the same name of the library for programs of Octavo.
 */
#include <octavo/error.h>
#include <octavo/handle.h>
#include <octavo/memory.h>
#include <octavo/process.h>
#include <octavo/syscall.h>
#include <octavo/system.h>
#include <stddef.h>
#include <stdint.h>

struct mapping {
    uint64_t address;
    uint64_t length;
    uint32_t flags;
    int32_t memory;
    uint64_t offset;
};

long vm_map(int space, const struct mapping *mapping);
long vm_unmap(int space, uint64_t address, uint64_t length);

long handle_close(int handle);
long handle_dup(int handle, int target, uint32_t rights, uint32_t flags);
long handle_control(int handle, unsigned operation, uint64_t value);
long channel_create(int port, uint64_t badge);

long futex_wait(const uint32_t *address, uint32_t expected, uint64_t deadline);
long futex_wake(const uint32_t *address, uint64_t count);

/* ---- what the tests ask ---- */

/* How many handles are open. */
unsigned handles_open(void);
/* The badge of an open channel. */
uint64_t handle_badge(int handle);
/* How many bytes are mapped. */
uint64_t bytes_mapped(void);
/* vm_map fails from now on. */
void refuse_mappings(int refuse);
