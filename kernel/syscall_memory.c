/* syscall_memory.c - system calls on memory objects and address spaces (octavo/syscall.h). */
#include "kernel/memory.h"
#include "kernel/message.h"
#include "kernel/pager.h"
#include "kernel/port.h"
#include "kernel/process.h"
#include "kernel/space.h"
#include "kernel/syscall.h"
#include "kernel/thread.h"

/* DMA memory needs a device: who has none has no use for physical addresses. */
static enum error device_check(struct thread *thread, uint64_t handle)
{
    struct memory *device;
    enum error error =
        handle_find(&thread->process->handles, handle, OBJECT_MEMORY, RIGHT_MANAGE, &device);

    if (error != E_OK)
        return error;
    error = device->kind == MEMORY_DEVICE && device->writable ? E_OK : E_INVAL;
    object_release(&device->object);
    return error;
}

static enum error create_paged(struct thread *thread, const uint64_t *a, struct memory **memory)
{
    struct port *port;
    enum error error = handle_find(&thread->process->handles, a[2], OBJECT_PORT, RIGHT_RECV, &port);

    if (error != E_OK)
        return error;
    struct channel *channel = channel_create(port, a[3]);
    error = channel != NULL ? memory_create_paged(a[0], channel, memory) : E_NOMEM;
    if (channel != NULL)
        object_release(&channel->object);
    object_release(&port->object);
    return error;
}

static enum error create(struct thread *thread, const uint64_t *a, struct memory **memory)
{
    enum error error = E_OK;

    switch (a[1]) {
    case MEMORY_PAGED:
        return create_paged(thread, a, memory);
    case MEMORY_DMA:
        error = device_check(thread, a[2]);
        break;
    case MEMORY_ANONYMOUS:
        break;
    default:
        return E_INVAL;
    }
    return error == E_OK ? memory_create(a[0], (enum memory_kind)a[1], memory) : error;
}

int64_t sys_memory_create(struct thread *thread, const uint64_t *a)
{
    struct memory *memory;
    uint64_t handle;
    enum error error = create(thread, a, &memory);

    if (error != E_OK)
        return -error;
    struct handle_entry entry = {.object = &memory->object, .rights = RIGHTS_ALL};
    error = handle_insert(&thread->process->handles, &entry, 0, &handle);
    object_release(&memory->object);
    return error == E_OK ? (int64_t)handle : -error;
}

int64_t sys_memory_info(struct thread *thread, const uint64_t *a)
{
    struct process *process = thread->process;
    struct memory *memory;
    bool physical = true;
    enum error error = handle_find(&process->handles, a[0], OBJECT_MEMORY, RIGHT_MANAGE, &memory);

    if (error == E_PERM) {
        physical = false;
        error = handle_find(&process->handles, a[0], OBJECT_MEMORY, 0, &memory);
    }
    if (error != E_OK)
        return -error;
    struct memory_info info = {
        .size = memory->pages << PAGE_BITS, .kind = memory->kind, .writable = memory->writable};
    if (physical && (memory->kind == MEMORY_DMA || memory->kind == MEMORY_DEVICE))
        info.physical = ppn_address(SLIST_FIRST(&memory->runs)->first).v;
    object_release(&memory->object);
    return -space_copy_out(process->space, a[1], &info, sizeof info);
}

int64_t sys_memory_evict(struct thread *thread, const uint64_t *a)
{
    struct process *process = thread->process;
    const struct eviction eviction = {a[1], a[2], process->space, a[3], a[4] == PAGER_KEEP};
    struct memory *memory;
    uint64_t there, marked;
    enum error error = handle_find(&process->handles, a[0], OBJECT_MEMORY, RIGHT_MANAGE, &memory);

    if (error != E_OK)
        return -error;
    if (memory->kind != MEMORY_PAGED || a[2] == 0 || a[2] > PAGER_PAGES_MAX || a[4] > PAGER_KEEP)
        error = E_INVAL;
    else if (a[1] > memory->pages || a[2] > memory->pages - a[1])
        error = E_RANGE;
    else
        error = pager_evict(memory, &eviction, &there, &marked);
    object_release(&memory->object);
    if (error != E_OK)
        return -error;
    thread_return(thread, there, marked);
    return SYSCALL_RETURNED;
}

int64_t sys_space_create(struct thread *thread, const uint64_t *a)
{
    uint64_t handle;
    struct space *space = space_create();

    (void)a;
    if (space == NULL)
        return -E_NOMEM;
    struct handle_entry entry = {.object = &space->object, .rights = RIGHT_MAP | RIGHT_MANAGE};
    enum error error = handle_insert(&thread->process->handles, &entry, 0, &handle);
    object_release(&space->object);
    return error == E_OK ? (int64_t)handle : -error;
}

static enum error find_space(struct thread *thread, uint64_t handle, struct space **space)
{
    return handle_find(&thread->process->handles, handle, OBJECT_SPACE, RIGHT_MAP, space);
}

int64_t sys_vm_map(struct thread *thread, const uint64_t *a)
{
    struct space *space;
    struct map_request request = {
        .address = a[1], .length = a[2], .flags = a[3], .memory = NULL, .offset = a[5]};
    uint64_t address = 0;
    enum error error = find_space(thread, a[0], &space);

    if (error != E_OK)
        return -error;
    if (a[4] != (uint64_t)HANDLE_NONE)
        error =
            handle_find(&thread->process->handles, a[4], OBJECT_MEMORY, RIGHT_MAP, &request.memory);
    if (error == E_OK)
        error = space_map(space, &request, &address);
    if (error == E_OK && space == thread->process->space && !thread->process->keeps_calls &&
        !SLIST_EMPTY(&space->paged))
        message_keep_calls(thread->process);
    if (request.memory != NULL)
        object_release(&request.memory->object);
    object_release(&space->object);
    return error == E_OK ? (int64_t)address : -error;
}

/* The arguments move on with the work, so the call runs again for what is left of it. */
int64_t sys_vm_unmap(struct thread *thread, const uint64_t *a)
{
    struct space *space;
    uint64_t done;
    enum error error = find_space(thread, a[0], &space);

    if (error != E_OK)
        return -error;
    error = space_unmap(space, a[1], a[2], &done);
    object_release(&space->object);
    if (error != E_OK || done == a[2])
        return -error;
    thread->registers.a[1] += done;
    thread->registers.a[2] -= done;
    return SYSCALL_DONE;
}

int64_t sys_vm_protect(struct thread *thread, const uint64_t *a)
{
    struct space *space;
    enum error error = find_space(thread, a[0], &space);

    if (error != E_OK)
        return -error;
    error = space_protect(space, a[1], a[2], a[3]);
    object_release(&space->object);
    return -error;
}
