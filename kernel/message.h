#pragma once
/* message.h - calls and replies: what goes from one thread's registers, handles and memory to
 * another's. The system calls themselves are declared in syscall.h.
 */
struct process;

/* A process is gone: those who wait for its replies get E_PEERDIED. */
void message_fail_callers(struct process *process);
