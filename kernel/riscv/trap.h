#pragma once
/* trap.h - between entry.S and C. */
struct registers;
struct thread;

/* Serves a trap from user mode: registers are in `thread`. Returns the thread to resume. */
struct thread *trap_from_user(struct thread *thread);

/* A trap in the kernel is a bug. */
void trap_from_kernel(const struct registers *registers) __attribute__((noreturn));

/* Leaves the kernel to run the thread (entry.S). */
void thread_resume(struct thread *thread) __attribute__((noreturn));
