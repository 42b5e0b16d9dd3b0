/* syscall.c - the table of system calls. */
#include "kernel/syscall.h"

#include "kernel/pager.h"
#include "kernel/space.h"
#include "kernel/thread.h"

static syscall_handler *const handlers[SYSTEM_CALLS] = {
    [SYS_PROCESS_ID] = sys_process_id,
    [SYS_PROCESS_FORK] = sys_process_fork,
    [SYS_PROCESS_EXEC] = sys_process_exec,
    [SYS_PROCESS_EXIT] = sys_process_exit,
    [SYS_PROCESS_WAIT] = sys_process_wait,
    [SYS_PROCESS_KILL] = sys_process_kill,
    [SYS_PROCESS_OPEN] = sys_process_open,
    [SYS_PROCESS_WATCH] = sys_process_watch,
    [SYS_PROCESS_INFO] = sys_process_info,
    [SYS_PROCESS_CONTROL] = sys_process_control,
    [SYS_THREAD_CREATE] = sys_thread_create,
    [SYS_THREAD_EXIT] = sys_thread_exit,
    [SYS_THREAD_CONTROL] = sys_thread_control,
    [SYS_THREAD_YIELD] = sys_thread_yield,
    [SYS_FUTEX_WAIT] = sys_futex_wait,
    [SYS_FUTEX_WAKE] = sys_futex_wake,
    [SYS_CLOCK_GET] = sys_clock_get,
    [SYS_CLOCK_SLEEP] = sys_clock_sleep,
    [SYS_HANDLE_CLOSE] = sys_handle_close,
    [SYS_HANDLE_DUP] = sys_handle_dup,
    [SYS_HANDLE_CONTROL] = sys_handle_control,
    [SYS_PORT_CREATE] = sys_port_create,
    [SYS_CHANNEL_CREATE] = sys_channel_create,
    [SYS_CALL] = sys_call,
    [SYS_RECV] = sys_recv,
    [SYS_REPLY] = sys_reply,
    [SYS_REPLY_RECV] = sys_reply_recv,
    [SYS_IPC_READ] = sys_ipc_read,
    [SYS_IPC_WRITE] = sys_ipc_write,
    [SYS_EVENT_CREATE] = sys_event_create,
    [SYS_EVENT_SIGNAL] = sys_event_signal,
    [SYS_EVENT_WAIT] = sys_event_wait,
    [SYS_EVENT_BIND] = sys_event_bind,
    [SYS_EVENT_TIMER] = sys_event_timer,
    [SYS_IRQ_BIND] = sys_irq_bind,
    [SYS_IRQ_ACK] = sys_irq_ack,
    [SYS_MEMORY_CREATE] = sys_memory_create,
    [SYS_MEMORY_INFO] = sys_memory_info,
    [SYS_SPACE_CREATE] = sys_space_create,
    [SYS_SPACE_PRINT] = sys_space_print,
    [SYS_VM_MAP] = sys_vm_map,
    [SYS_VM_UNMAP] = sys_vm_unmap,
    [SYS_VM_PROTECT] = sys_vm_protect,
    [SYS_VM_QUERY] = sys_vm_query,
    [SYS_MEMORY_EVICT] = sys_memory_evict,
    [SYS_SYSTEM_INFO] = sys_system_info,
    [SYS_SYSTEM_CONTROL] = sys_system_control,
};

/* Was that for a page that is missing? Then the thread waits for it, and the call runs again. */
static bool misses_page(struct thread *thread)
{
    const enum error error = pager_call(thread);

    if (error != E_OK && error != E_AGAIN)
        pager_kill(thread);
    return error != E_AGAIN;
}

bool syscall_dispatch(struct thread *thread)
{
    uint64_t number = thread->registers.a[7];
    int64_t result = -E_NOSYS;

    if (number < SYSTEM_CALLS)
        result = handlers[number](thread, thread->registers.a);
    if (result == SYSCALL_DONE || result == SYSCALL_RETURNED)
        return result == SYSCALL_RETURNED;
    if (result == -E_AGAIN && misses_page(thread))
        return false;
    if (result == -E_NOMEM && space_reap_for_memory())
        return false; /* there may be memory now: the call runs again, with all its arguments */
    thread_return(thread, (uint64_t)result, 0);
    return true;
}
