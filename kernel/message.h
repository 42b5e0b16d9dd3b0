#pragma once
/* message.h - calls and replies: what goes from one thread's registers, handles and memory to
 * another's. The system calls themselves are declared in syscall.h.
 */
#include <octavo/error.h>

struct channel;
struct process;
struct thread;

/* From now on no call of the process, of which a thread runs or none yet, takes the fast path, as
 * long as it maps memory of a pager. */
void message_keep_calls(struct process *process);

/* The running thread's page_call goes to the channel's port, and the thread waits. E_PEERDIED,
 * E_BADF: it does not. */
enum error message_call_pager(struct thread *thread, struct channel *channel) MUST_USE;

/* A process is gone: those who wait for its replies get E_PEERDIED. */
void message_fail_callers(struct process *process);
