#pragma once
/* syscall.h - from an ecall to the function that carries it out.
 *
 * A handler gets the running thread and the argument registers a0 to a6, and returns what a0 shall
 * be: a result or the negative of an enum error. Handlers that set the registers themselves
 * (thread_return), block, or end the thread return SYSCALL_DONE; a blocked thread's pc still points
 * at the ecall. Once a thread has blocked or is ready again it belongs to others, so a call that
 * may give the hart away before its end sets the results first: SYSCALL_RETURNED says that nothing
 * but thread_return was done to the registers. Each handler decodes and checks everything first,
 * then commits.
 */
#include <octavo/error.h>
#include <octavo/handle.h>
#include <octavo/syscall.h>
#include <stdbool.h>
#include <stdint.h>

struct thread;

#define SYSCALL_DONE     INT64_MIN
#define SYSCALL_RETURNED (INT64_MIN + 1)

typedef int64_t syscall_handler(struct thread *thread, const uint64_t *argument);

/* Carries out the system call in the thread's registers. True: it is complete, and touched no other
 * register of the thread than its results, so that it goes on if it still has the hart. */
bool syscall_dispatch(struct thread *thread);

/* syscall_process.c */
syscall_handler sys_process_id, sys_process_fork, sys_process_exec, sys_process_exit,
    sys_process_wait, sys_process_kill, sys_process_open, sys_process_watch, sys_process_control;
/* syscall_info.c */
syscall_handler sys_process_info, sys_space_print, sys_system_info, sys_system_control;
/* syscall_thread.c */
syscall_handler sys_thread_create, sys_thread_exit, sys_thread_control, sys_thread_yield,
    sys_futex_wait, sys_futex_wake, sys_clock_get, sys_clock_sleep;
/* syscall_handle.c */
syscall_handler sys_handle_close, sys_handle_dup, sys_handle_control, sys_port_create,
    sys_channel_create;
/* message.c */
syscall_handler sys_call, sys_recv, sys_reply, sys_reply_recv, sys_ipc_read, sys_ipc_write;
/* syscall_event.c */
syscall_handler sys_event_create, sys_event_signal, sys_event_wait, sys_event_bind, sys_event_timer,
    sys_irq_bind, sys_irq_ack;
/* syscall_memory.c */
syscall_handler sys_memory_create, sys_memory_info, sys_space_create, sys_vm_map, sys_vm_unmap,
    sys_vm_protect, sys_vm_query, sys_memory_evict;
