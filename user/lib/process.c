/* process.c - processes the POSIX way: fork, wait, kill and who am I. */
#include "posix.h"

#include <errno.h>
#include <octavo/calls.h>
#include <sched.h>
#include <signal.h>
#include <sys/lock.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

_Noreturn void _exit(int code) { process_exit(code); }

/* The child has this thread alone; another must not leave it a lock that nobody holds. */
pid_t fork(void)
{
    long pid;

    __LIBC_LOCK();
    pid = process_fork();
    __LIBC_UNLOCK();
    return (pid_t)posix_result(pid);
}

pid_t getpid(void) { return (pid_t)process_id(); }

pid_t getppid(void) { return (pid_t)process_parent(); }

/* There are no process groups: pid is a child, or -1 for any. */
pid_t waitpid(pid_t pid, int *status, int options)
{
    if ((pid <= 0 && pid != -1) || (options & ~WNOHANG) != 0)
        return (pid_t)posix_result(-E_INVAL);
    return (pid_t)posix_result(
        process_wait(pid, (options & WNOHANG) != 0 ? WAIT_NO_HANG : 0, status));
}

pid_t wait(int *status) { return waitpid(-1, status, 0); }

/* Signal 0 asks whether the process is there. */
static long signal_process(int authority, pid_t pid, int signal)
{
    struct process_info info;
    long found;

    if (signal != 0)
        return process_kill(authority, pid, signal);
    found = process_info(authority, pid, &info);
    if (found < 0)
        return found;
    return found == pid ? 0 : -E_SRCH;
}

/* By the authority over the whole system when this process has it, else over its descendants. */
int kill(pid_t pid, int signal)
{
    long result;

    if (signal < 0 || signal >= NSIG || pid == 0 || pid == -1)
        return (int)posix_result(-E_INVAL);
    if (pid < 0)
        return (int)posix_result(-E_SRCH);
    result = signal_process(HANDLE_SYSTEM, pid, signal);
    if (result == -E_BADF || result == -E_PERM)
        result = signal_process(HANDLE_SELF, pid, signal);
    return (int)posix_result(result);
}

int sched_yield(void) { return (int)posix_result(thread_yield()); }

/* Processor time is not split into user and system, nor kept for children. */
clock_t times(struct tms *used)
{
    struct process_info info;
    long found = process_info(HANDLE_SELF, getpid(), &info);

    if (found < 0)
        return (clock_t)posix_result(found);
    *used = (struct tms){.tms_utime = (clock_t)(info.cpu_ns / (1000000000 / CLOCKS_PER_SEC))};
    return (clock_t)(clock_get() / (1000000000 / CLOCKS_PER_SEC));
}
