/* syscall_info.c - system calls that look at processes and at the machine, and the few that rule it
 * (octavo/syscall.h). */
#include <octavo/memory.h>
#include <octavo/process.h>
#include <octavo/system.h>
#include <string.h>

#include "kernel/config.h"
#include "kernel/frame.h"
#include "kernel/grace.h"
#include "kernel/klog.h"
#include "kernel/machine.h"
#include "kernel/port.h"
#include "kernel/power.h"
#include "kernel/process.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/kernel_map.h"
#include "kernel/riscv/timer.h"
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
    struct port *port = port_lock_of(thread);
    uint64_t server = 0;
    int pid = 0;

    if (port == NULL)
        return 0;
    if (thread->state == THREAD_REPLY)
        pid = thread->server->pid;
    else if (thread->state == THREAD_CALLING)
        server = port->server;
    lock_release(&port->lock);
    struct thread *receiver = server != 0 ? thread_find(server) : NULL;
    if (receiver == NULL)
        return pid;
    pid = receiver->process->pid;
    object_release(&receiver->object);
    return pid;
}

static enum error describe_thread(struct process *process, uint64_t index, struct thread_info *info)
{
    const struct thread *thread;

    lock_acquire(&tree_lock);
    TAILQ_FOREACH(thread, &process->threads, sibling)
        if ((uint64_t)thread->number >= index)
            break;
    const struct hart *runs = thread != NULL ? sched_hart_of(thread) : NULL;
    const struct hart *hart = runs != NULL || thread == NULL ? runs : thread->hart;
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
            .hart = hart != NULL ? (int32_t)hart->index : -1,
            .running = runs != NULL,
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

/* A sink that keeps what falls into a window of the text, and counts all. */
struct window_sink {
    struct text_sink sink;
    char *buffer;
    uint64_t start, size; /* of the window */
    uint64_t written;
};

enum { WINDOW_PAGES = 4 };

static void window_sink_write(struct text_sink *sink, const char *text, size_t length)
{
    struct window_sink *window = (struct window_sink *)sink;
    uint64_t skip = window->written < window->start ? window->start - window->written : 0;
    uint64_t at = window->written + skip - window->start;

    if (skip < length && at < window->size) {
        size_t part = length - skip < window->size - at ? length - skip : window->size - at;
        memcpy(window->buffer + at, text + skip, part);
    }
    window->written += length;
}

/* The text goes through a buffer, for a process may print itself: its space is locked once to be
 * printed and once to be written to. A text that is longer is printed again for each part. */
static int64_t print_space(struct space *printed, struct space *to, uint64_t address, uint64_t size)
{
    struct window_sink window = {.sink = {window_sink_write}};
    ppn_t buffer;
    enum error error = frame_allocate(WINDOW_PAGES, &buffer);

    if (error != E_OK)
        return -error;
    window.buffer = frame_pointer(buffer);
    do {
        window.size = (uint64_t)WINDOW_PAGES << PAGE_BITS;
        if (window.size > size - window.start)
            window.size = size - window.start;
        window.written = 0;
        lock_acquire(&printed->lock);
        address_space_print(&printed->addresses, &window.sink);
        lock_release(&printed->lock);
        if (window.start >= window.written)
            break;
        if (window.size > window.written - window.start)
            window.size = window.written - window.start;
        error = space_copy_out(to, address + window.start, window.buffer, window.size);
        window.start += window.size;
    } while (error == E_OK && window.start < size && window.start < window.written);
    frame_free(buffer, WINDOW_PAGES);
    return error == E_OK ? (int64_t)window.written : -error;
}

/* The space of a process, counted; NULL: it has ended. */
static struct space *space_of(const struct process *process)
{
    lock_acquire(&tree_lock);
    struct space *space = process->space;
    if (space != NULL)
        object_retain(&space->object);
    lock_release(&tree_lock);
    return space;
}

/* The space of a process under the authority, counted; NULL: it has ended. */
static enum error find_space_under(struct thread *thread, uint64_t handle, int64_t pid,
                                   struct space **space)
{
    struct process *authority, *process;
    enum error error = find_authority(thread, handle, RIGHT_WAIT, &authority);

    if (error != E_OK)
        return error;
    error = process_find_under(authority, pid, &process);
    object_release(&authority->object);
    if (error != E_OK)
        return error;
    *space = space_of(process);
    object_release(&process->object);
    return E_OK;
}

int64_t sys_space_print(struct thread *thread, const uint64_t *a)
{
    struct space *space;
    enum error error = find_space_under(thread, a[0], (int64_t)a[1], &space);

    if (error != E_OK || space == NULL)
        return -error;
    int64_t result = print_space(space, thread->process->space, a[2], a[3]);
    object_release(&space->object);
    return result;
}

int64_t sys_vm_query(struct thread *thread, const uint64_t *a)
{
    struct space *space;
    struct vm_area area;
    enum error error = find_space_under(thread, a[0], (int64_t)a[1], &space);

    if (error != E_OK || space == NULL)
        return error != E_OK ? -error : -E_NOENT;
    error = space_query(space, a[2], &area);
    object_release(&space->object);
    if (error == E_OK)
        error = copy_record(thread, a[3], a[4], &area, sizeof area);
    return error != E_OK ? -error : (int64_t)(a[4] < sizeof area ? a[4] : sizeof area);
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
    *record = (struct system_machine){.harts = __builtin_popcount(harts_running()),
                                      .harts_seen = machine.harts,
                                      .timebase_hz = clock_timebase(),
                                      .paging_bits = 39 + 9 * (kernel_paging_mode - PAGING_SV39),
                                      .debug = DEBUG};
    memcpy(record->model, machine.model, sizeof record->model);
}

static void describe_hart(const struct hart *hart, struct system_hart *record)
{
    uint64_t idle_ns = sched_idle_ns(hart);

    *record = (struct system_hart){
        .id = hart->id,
        .busy_ns = clock_ns(timer_ticks() - hart->online_ticks) - idle_ns,
        .idle_ns = idle_ns,
        .switches = hart->switches,
        .steals = hart->steals,
        .ipis = hart->ipis,
        .shoot_downs = hart->shoot_downs,
    };
    reader_enter();
    const struct thread *thread = __atomic_load_n(&hart->current, __ATOMIC_RELAXED);
    if (thread != NULL) {
        record->pid = thread->process->pid;
        record->thread = thread->number;
    }
    reader_leave();
}

/* The records of the harts that run; -> how many bytes. */
static size_t describe_harts(struct system_hart *records)
{
    size_t count = 0;

    for (uint32_t left = harts_running(); left != 0; left >>= 1) {
        describe_hart(&harts[count], &records[count]);
        count++;
    }
    return count * sizeof *records;
}

int64_t sys_system_info(struct thread *thread, const uint64_t *a)
{
    union {
        struct system_memory memory;
        struct system_objects objects;
        struct system_vm vm;
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
        record.memory.committed_pages = space_committed_pages();
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
        length = describe_harts(record.harts);
        break;
    case INFO_VM:
        space_statistics(&record.vm);
        length = sizeof record.vm;
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
    if (!space_range_is_user(address, length))
        return -E_FAULT;
    enum error missing = space_bring_in(thread->process->space, address, length, false);
    if (missing != E_OK)
        return -missing;
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
