/* syscall_handle.c - system calls on handles, ports and channels (octavo/syscall.h). */
#include "kernel/port.h"
#include "kernel/process.h"
#include "kernel/syscall.h"
#include "kernel/thread.h"

int64_t sys_handle_close(struct thread *thread, const uint64_t *a)
{
    return -handle_close(&thread->process->handles, a[0]);
}

int64_t sys_handle_dup(struct thread *thread, const uint64_t *a)
{
    struct handle_table *table = &thread->process->handles;
    struct handle_entry entry;
    uint64_t handle = a[1];

    if (a[3] & ~(uint64_t)HANDLE_CLOEXEC)
        return -E_INVAL;
    enum error error = handle_get(table, a[0], &entry);
    if (error != E_OK)
        return -error;
    if (entry.rights & RIGHT_DUP) {
        entry.rights &= a[2];
        entry.flags = a[3];
        error = a[1] & DUP_LOWEST
                    ? handle_insert(table, &entry, a[1] & ~(uint64_t)DUP_LOWEST, &handle)
                    : handle_replace(table, &entry, a[1]);
    } else {
        error = E_PERM;
    }
    object_release(entry.object);
    return error == E_OK ? (int64_t)handle : -error;
}

int64_t sys_handle_control(struct thread *thread, const uint64_t *a)
{
    struct handle_table *table = &thread->process->handles;
    struct handle_entry entry;

    if (a[1] == HANDLE_SET_FLAGS)
        return a[2] & ~(uint64_t)HANDLE_CLOEXEC ? -E_INVAL : -handle_set_flags(table, a[0], a[2]);
    if (a[1] != HANDLE_GET)
        return -E_INVAL;
    enum error error = handle_get(table, a[0], &entry);
    if (error != E_OK)
        return -error;
    int64_t result =
        (int64_t)(entry.object->kind | entry.rights << 8 | (uint32_t)entry.flags << 24);
    object_release(entry.object);
    return result;
}

/* A handle for a fresh object, whose one reference is given up. */
static int64_t insert_new(struct thread *thread, struct object *object, uint32_t rights)
{
    uint64_t handle;
    struct handle_entry entry = {.object = object, .rights = rights};
    enum error error = handle_insert(&thread->process->handles, &entry, 0, &handle);

    object_release(object);
    return error == E_OK ? (int64_t)handle : -error;
}

int64_t sys_port_create(struct thread *thread, const uint64_t *a)
{
    struct port *port = port_create();

    (void)a;
    return port != NULL ? insert_new(thread, &port->object, RIGHTS_ALL) : -E_NOMEM;
}

int64_t sys_channel_create(struct thread *thread, const uint64_t *a)
{
    struct port *port;
    enum error error = handle_find(&thread->process->handles, a[0], OBJECT_PORT, RIGHT_RECV, &port);

    if (error != E_OK)
        return -error;
    struct channel *channel = channel_create(port, a[1]);
    object_release(&port->object);
    return channel != NULL ? insert_new(thread, &channel->object, RIGHT_SEND | RIGHT_DUP)
                           : -E_NOMEM;
}
