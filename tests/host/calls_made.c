/* calls_made.c - system calls for file servers on the host: channels are places in a table. */
#include <octavo/ipc.h>

#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HANDLES = 4096 };

struct channel {
    bool open;
    uint64_t badge;
};

static struct channel channels[HANDLES];
static unsigned open_count;
static uint64_t mapped;
static bool refusing;

static struct channel *find(int handle)
{
    return handle >= 0 && handle < HANDLES && channels[handle].open ? &channels[handle] : NULL;
}

long channel_create(int port, uint64_t badge)
{
    (void)port;
    for (int i = 0; i < HANDLES; i++) {
        if (channels[i].open)
            continue;
        channels[i] = (struct channel){.open = true, .badge = badge};
        open_count++;
        return i;
    }
    return -E_MFILE;
}

long handle_close(int handle)
{
    if (find(handle) == NULL)
        return -E_BADF;
    channels[handle].open = false;
    open_count--;
    return 0;
}

long handle_dup(int handle, int target, uint32_t rights, uint32_t flags)
{
    (void)target;
    (void)rights;
    (void)flags;
    return find(handle) != NULL ? channel_create(0, channels[handle].badge) : -E_BADF;
}

long handle_control(int handle, unsigned operation, uint64_t value)
{
    (void)operation;
    (void)value;
    return find(handle) != NULL ? OBJECT_CHANNEL | (RIGHT_SEND | RIGHT_DUP) << 8 : -E_BADF;
}

unsigned handles_open(void) { return open_count; }

uint64_t handle_badge(int handle) { return find(handle) != NULL ? channels[handle].badge : 0; }

long vm_map(int space, const struct mapping *mapping)
{
    void *memory = refusing ? MAP_FAILED
                            : mmap(NULL, mapping->length, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)space;
    if (memory == MAP_FAILED)
        return -E_NOMEM;
    mapped += mapping->length;
    return (long)memory;
}

long vm_unmap(int space, uint64_t address, uint64_t length)
{
    (void)space;
    mapped -= length;
    return munmap((void *)address, length) == 0 ? 0 : -E_INVAL;
}

uint64_t bytes_mapped(void) { return mapped; }

void refuse_mappings(int refuse) { refusing = refuse; }

long futex_wait(const uint32_t *address, uint32_t expected, uint64_t deadline)
{
    (void)address;
    (void)expected;
    (void)deadline;
    return sched_yield();
}

long futex_wake(const uint32_t *address, uint64_t count)
{
    (void)address;
    (void)count;
    return 0;
}

/* ---- the caller's buffer ---- */

static long reach(const struct message *caller, uint64_t direction, uint64_t offset, size_t length)
{
    uint64_t declared = caller->length & BUFFER_LENGTH;

    if ((caller->length & direction) == 0)
        return -E_PERM;
    if (offset > declared || length > declared - offset)
        return -E_MSGSIZE;
    return caller->buffer == NULL ? -E_FAULT : 0;
}

long ipc_read(uint64_t token, uint64_t offset, void *destination, size_t length)
{
    const struct message *caller = (const void *)token;
    long result = reach(caller, BUFFER_IN, offset, length);

    if (result == 0)
        memcpy(destination, (const char *)caller->buffer + offset, length);
    return result == 0 ? (long)length : result;
}

long ipc_write(uint64_t token, uint64_t offset, const void *source, size_t length)
{
    const struct message *caller = (const void *)token;
    long result = reach(caller, BUFFER_OUT, offset, length);

    if (result == 0)
        memcpy((char *)caller->buffer + offset, source, length);
    return result == 0 ? (long)length : result;
}

long message_reply_recv(int port, long status, const struct message *reply, struct message *m)
{
    (void)port;
    (void)status;
    (void)reply;
    (void)m;
    abort();
}

long message_recv(int port, struct message *m) { return message_reply_recv(port, 0, m, m); }

long message_reply(uint64_t token, long status, const struct message *reply)
{
    (void)token;
    return message_reply_recv(0, status, reply, NULL);
}
