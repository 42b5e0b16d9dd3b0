/* syscall_info.c - system calls that look at processes and at the machine, and the few that rule it
 * (octavo/syscall.h). */
#include <octavo/process.h>
#include <octavo/system.h>
#include <string.h>

#include "kernel/config.h"
#include "kernel/frame.h"
#include "kernel/klog.h"
#include "kernel/machine.h"
#include "kernel/port.h"
#include "kernel/power.h"
#include "kernel/process.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/kernel_map.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/syscall.h"
#include "kernel/thread.h"

/* At most `size` bytes of a record to the caller. */
static enum error copy_record(struct thread *thread, uint64_t address, uint64_t size,
                              const void *record, size_t length)
{
    return space_copy_out(thread->process->space, address, record, size < length ? size : length);
}

static enum error find_authority(struct thread *thread, uint64_t handle, uint32_t right,
                                 struct process **authority)
{
    return handle_find(&thread->process->handles, handle, OBJECT_PROCESS, right, authority);
}

/* --- Processes and threads -------------------------------------------------------------------- */

static void describe_process(struct process *process, struct process_info *info)
{
    const struct thread *thread;

    lock_acquire(&tree_lock);
    *info = (struct process_info){.pid = process->pid,
                                  .parent = process->parent != NULL ? process->parent->pid : 0,
                                  .threads = process->thread_count,
                                  .exited = process->ended,
                                  .handles = process->handles.used,
                                  .cpu_ns = clock_ns(process->cpu_ticks)};
    memcpy(info->name, process->name, sizeof info->name);
    TAILQ_FOREACH(thread, &process->threads, sibling)
        info->cpu_ns += sched_cpu_ns(thread);
    if (process->space != NULL) {
        lock_acquire(&process->space->lock);
        info->areas = process->space->addresses.areas.count;
        info->pages = process->space->addresses.areas.pages;
        lock_release(&process->space->lock);
    }
    lock_release(&tree_lock);
}

/* Whom a thread waits for: the server that has its message, or that should take it. */
static int thread_peer(const struct thread *thread)
{
    if (thread->state == THREAD_REPLY)
        return thread->server->pid;
    if (thread->state == THREAD_CALLING && thread->port->last_receiver != NULL)
        return thread->port->last_receiver->process->pid;
    return 0;
}

static enum error describe_thread(struct process *process, uint64_t index, struct thread_info *info)
{
    const struct thread *thread;

    lock_acquire(&tree_lock);
    TAILQ_FOREACH(thread, &process->threads, sibling)
        if ((uint64_t)thread->number >= index)
            break;
    if (thread != NULL)
        *info = (struct thread_info){
            .pid = process->pid,
            .thread = thread->number,
            .state = thread->state,
            .peer = thread_peer(thread),
            .priority = thread->priority,
            .base_priority = thread->base_priority,
            .address = thread->state == THREAD_FUTEX ? thread->futex_address : 0,
            .cpu_ns = sched_cpu_ns(thread),
            .pc = thread->registers.pc,
            .affinity = thread->affinity & sched_harts(),
            .hart = (int32_t)thread->hart->index,
            .running = thread->hart->current == thread,
        };
    lock_release(&tree_lock);
    return thread != NULL ? E_OK : E_SRCH;
}

static int64_t process_info(struct thread *thread, const uint64_t *a, struct process *authority)
{
    struct process_info process_info;
    struct thread_info thread_info;
    struct process *process;
    enum error error;

    if (a[1] == INFO_PROCESS) {
        process = process_next_under(authority, (int64_t)a[2]);
        if (process == NULL)
            return -E_SRCH;
        describe_process(process, &process_info);
        error = copy_record(thread, a[4], a[5], &process_info, sizeof process_info);
    } else {
        error = process_find_under(authority, (int64_t)a[2], &process);
        if (error != E_OK)
            return -error;
        error = describe_thread(process, a[3], &thread_info);
        if (error == E_OK)
            error = copy_record(thread, a[4], a[5], &thread_info, sizeof thread_info);
    }
    int64_t result = error == E_OK ? process->pid : -error;
    object_release(&process->object);
    return result;
}

int64_t sys_process_info(struct thread *thread, const uint64_t *a)
{
    struct process *authority;

    if (a[1] != INFO_PROCESS && a[1] != INFO_THREAD)
        return -E_INVAL;
    enum error error = find_authority(thread, a[0], RIGHT_WAIT, &authority);
    if (error != E_OK)
        return -error;
    int64_t result = process_info(thread, a, authority);
    object_release(&authority->object);
    return result;
}

/* --- Printing a space ------------------------------------------------------------------------- */

/* A sink that writes to the caller's memory as far as there is room, and counts all. */
struct user_sink {
    struct text_sink sink;
    struct space *space;
    uint64_t address, size, written;
    enum error error;
};

static void user_sink_write(struct text_sink *sink, const char *text, size_t length)
{
    struct user_sink *user = (struct user_sink *)sink;
    uint64_t room = user->written < user->size ? user->size - user->written : 0;
    size_t part = length < room ? length : room;

    if (part > 0 && user->error == E_OK)
        user->error = space_copy_out(user->space, user->address + user->written, text, part);
    user->written += length;
}

/* The printer holds no lock of the printed space while it writes: a process may print itself.
 * Nothing else runs. */
int64_t sys_space_print(struct thread *thread, const uint64_t *a)
{
    struct process *authority, *process;
    enum error error = find_authority(thread, a[0], RIGHT_WAIT, &authority);

    if (error != E_OK)
        return -error;
    error = process_find_under(authority, (int64_t)a[1], &process);
    object_release(&authority->object);
    if (error != E_OK)
        return -error;
    struct user_sink sink = {
        .sink = {user_sink_write}, .space = thread->process->space, .address = a[2], .size = a[3]};
    if (process->space != NULL)
        address_space_print(&process->space->addresses, &sink.sink);
    object_release(&process->object);
    return sink.error == E_OK ? (int64_t)sink.written : -sink.error;
}

/* --- The machine ------------------------------------------------------------------------------ */

static enum error find_init(struct thread *thread, uint64_t handle, uint32_t right)
{
    struct process *authority;
    enum error error = find_authority(thread, handle, right, &authority);

    if (error != E_OK)
        return error;
    error = authority == process_init() ? E_OK : E_PERM;
    object_release(&authority->object);
    return error;
}

static void describe_machine(struct system_machine *record)
{
    *record = (struct system_machine){.harts = 1,
                                      .harts_seen = machine.harts,
                                      .timebase_hz = clock_timebase(),
                                      .paging_bits = 39 + 9 * (kernel_paging_mode - PAGING_SV39),
                                      .debug = DEBUG};
    memcpy(record->model, machine.model, sizeof record->model);
}

static void describe_hart(const struct hart *hart, struct system_hart *record)
{
    const struct thread *thread = hart->current;

    *record = (struct system_hart){.id = hart->id, .switches = 0};
    if (thread == NULL)
        return;
    record->pid = thread->process->pid;
    record->thread = thread->number;
}

int64_t sys_system_info(struct thread *thread, const uint64_t *a)
{
    union {
        struct system_memory memory;
        struct system_objects objects;
        struct system_machine machine;
        struct system_hart harts[HARTS_MAX];
    } record = {0};
    size_t length;
    enum error error = find_init(thread, a[0], RIGHT_WAIT);

    if (error != E_OK)
        return -error;
    switch (a[1]) {
    case INFO_MEMORY:
        record.memory.total_pages = machine.ram_pages;
        frame_statistics(&record.memory);
        length = sizeof record.memory;
        break;
    case INFO_OBJECTS:
        object_statistics(&record.objects);
        record.objects.areas = space_areas_alive();
        length = sizeof record.objects;
        break;
    case INFO_MACHINE:
        describe_machine(&record.machine);
        length = sizeof record.machine;
        break;
    case INFO_HARTS:
        describe_hart(&harts[0], &record.harts[0]);
        length = sizeof record.harts[0];
        break;
    default:
        return -E_INVAL;
    }
    error = copy_record(thread, a[2], a[3], &record, length);
    return error == E_OK ? (int64_t)(a[3] < length ? a[3] : length) : -error;
}

/* Text in pieces through a buffer of the kernel: from the user to the log, or back. */
static int64_t log_write(struct thread *thread, uint64_t address, uint64_t length)
{
    char text[256];
    uint64_t done = 0;

    if (length > SYSTEM_LOG_WRITE_MAX)
        return -E_INVAL;
    while (done < length) {
        size_t part = length - done < sizeof text ? length - done : sizeof text;
        enum error error = space_copy_in(thread->process->space, text, address + done, part);
        if (error != E_OK)
            return -error;
        klog_write(text, part);
        done += part;
    }
    return (int64_t)done;
}

static int64_t log_read(struct thread *thread, uint64_t address, uint64_t length)
{
    char text[256];
    uint64_t done = 0, position = 0;

    while (done < length) {
        size_t part = length - done < sizeof text ? length - done : sizeof text;
        part = klog_read(&position, text, part);
        if (part == 0)
            break;
        enum error error = space_copy_out(thread->process->space, address + done, text, part);
        if (error != E_OK)
            return -error;
        done += part;
    }
    return (int64_t)done;
}

int64_t sys_system_control(struct thread *thread, const uint64_t *a)
{
    enum error error = find_init(thread, a[0], RIGHT_MANAGE);

    if (error != E_OK)
        return -error;
    switch (a[1]) {
    case SYSTEM_SHUTDOWN:
        power_off(a[2] != 0);
    case SYSTEM_REBOOT:
        power_reboot();
    case SYSTEM_LOG_WRITE:
        return log_write(thread, a[2], a[3]);
    case SYSTEM_LOG_READ:
        return log_read(thread, a[2], a[3]);
    default:
        return -E_INVAL;
    }
}
