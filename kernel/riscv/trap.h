#pragma once
/* trap.h - between entry.S and C. */
struct registers;
struct thread;

/* Serves any other trap from user mode: registers are in `thread`. Returns the thread to resume. */
struct thread *trap_from_user(struct thread *thread);

/* Serves the system call in the thread's registers, of which the temporaries are not saved. Returns
 * the thread to resume, or NULL: the same thread goes on, with the results in its a registers. */
struct thread *trap_system_call(struct thread *thread);

/* A trap in the kernel is a bug. */
void trap_from_kernel(const struct registers *registers) __attribute__((noreturn));

/* Leaves the kernel to run the thread (entry.S). */
void thread_resume(struct thread *thread) __attribute__((noreturn));
