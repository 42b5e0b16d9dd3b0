#pragma once
/* message.h - calls and replies: what goes from one thread's registers, handles and memory to
 * another's.
 *
 * `callers` of a process, and the state of a thread that waits for a reply, belong to the tree's
 * lock.
 */
struct process;
struct thread;

/* A thread that had received messages is gone; other threads of its process may still reply.
 * tree_lock held. */
void message_forget_server(struct thread *thread);

/* A process is gone: those who wait for its replies get E_PEERDIED. tree_lock held. */
void message_fail_callers(struct process *process);
