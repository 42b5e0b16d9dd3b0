/* prio.c - runs a program at another priority, or changes and shows that of a process. */
#include "control.h"

static const char usage[] =
    "usage: prio [-c] N COMMAND [ARGUMENT...] | prio [-c] -p PID N | prio -p PID\n"
    "Runs a command at base priority N, 0 (lowest) to 31, as do the processes that it starts.\n"
    "  -p   changes a process that runs; without N shows its threads' priorities\n"
    "  -c   makes N its ceiling too: no priority above it any more, and no higher ceiling\n"
    "Programs have 16, and that is their ceiling, so they can only go down.\n";

struct request {
    bool with_ceiling;
    const char *pid; /* NULL: run a command */
};

/* Returns false if an option is wrong. */
static bool options_read(int argc, char **argv, struct request *request)
{
    int option;

    while ((option = getopt(argc, argv, "+cp:")) != -1) {
        if (option == 'c')
            request->with_ceiling = true;
        else if (option == 'p')
            request->pid = optarg;
        else
            return false;
    }
    int left = argc - optind;
    if (request->pid == NULL)
        return left >= 2;
    return left == 1 || (left == 0 && !request->with_ceiling);
}

static void thread_print(const struct thread_info *thread)
{
    printf("process %d thread %d: priority %d", (int)thread->pid, (int)thread->thread,
           (int)thread->base_priority);
    if (thread->priority != thread->base_priority)
        printf(", %d lent to it", (int)thread->priority);
    putchar('\n');
}

/* Sets the priority of process `pid`, or with 0 its own. Returns the status to exit with. */
static int priority_set(int pid, const char *text, bool with_ceiling)
{
    int authority = pid == 0 ? HANDLE_SELF : HANDLE_SYSTEM;

    long priority = control_number(text, PRIORITIES - 1);

    if (priority < 0) {
        fprintf(stderr, "prio: %s: not a priority from 0 to %d\n", text, PRIORITIES - 1);
        return UTILITY_MISUSE;
    }
    long result = process_control(authority, pid, PROCESS_SET_PRIORITY, (uint64_t)priority);
    if (result == 0 && with_ceiling)
        result = process_control(authority, pid, PROCESS_SET_CEILING, (uint64_t)priority);
    if (result == -E_PERM) {
        fprintf(stderr, "prio: %s: above the ceiling, or not permitted\n", text);
        return 1;
    }
    return result == 0 ? 0 : control_fail("prio", pid, (int)-result);
}

static int process_change(const struct request *request, const char *priority)
{
    int pid = control_pid("prio", request->pid);

    if (pid < 0)
        return UTILITY_MISUSE;
    if (priority == NULL)
        return control_show("prio", pid, thread_print);
    return priority_set(pid, priority, request->with_ceiling);
}

int main(int argc, char **argv)
{
    struct request request = {0};

    if (utility_help(argc, argv, usage))
        return 0;
    if (!options_read(argc, argv, &request))
        return utility_misuse(usage);
    if (request.pid != NULL)
        return process_change(&request, argv[optind]);
    int status = priority_set(0, argv[optind], request.with_ceiling);
    return status != 0 ? status : control_run("prio", argv + optind + 1);
}
