/* pin.c - runs a program on some of the harts only, or says so of a process that runs. */
#include <octavo/hart_list.h>

#include "control.h"

static const char usage[] =
    "usage: pin HARTS COMMAND [ARGUMENT...] | pin -p PID HARTS | pin -p PID\n"
    "Runs a command on some of the harts only, as do the processes that it starts.\n"
    "  -p   moves a process that runs; without HARTS shows where its threads may run\n"
    "HARTS is a list such as 0,2-3, or `all`; `ps -h` lists the harts.\n";

/* The harts that run, a bit each, or 0 after a complaint. */
static uint64_t harts_running(void)
{
    struct system_machine machine;
    long result = system_info(HANDLE_SYSTEM, INFO_MACHINE, &machine, sizeof machine);

    if (result < 0) {
        utility_fail("pin", "harts", (int)-result);
        return 0;
    }
    return machine.harts >= HART_LIST_HARTS ? UINT64_MAX : (UINT64_C(1) << machine.harts) - 1;
}

/* Reads a list of harts that run. Returns 0, or the status to exit with, after a complaint. */
static int harts_read(const char *text, uint64_t *harts)
{
    char list[HART_LIST_MAX];
    bool is_all = strcmp(text, "all") == 0;

    if (!is_all && !hart_list_read(text, harts)) {
        fprintf(stderr, "pin: %s: not a list of harts, such as 0,2-3\n", text);
        return UTILITY_MISUSE;
    }
    uint64_t running = harts_running();
    if (running == 0)
        return 1;
    if (is_all)
        *harts = running;
    if ((*harts & ~running) == 0)
        return 0;
    hart_list_format(list, running);
    fprintf(stderr, "pin: %s: some of these do not run; harts that do: %s\n", text, list);
    return 1;
}

/* Moves process `pid`, or with 0 itself. Returns the status to exit with. */
static int harts_set(int pid, const char *text)
{
    int authority = pid == 0 ? HANDLE_SELF : HANDLE_SYSTEM;
    uint64_t harts;
    int status = harts_read(text, &harts);

    if (status != 0)
        return status;
    long result = process_control(authority, pid, PROCESS_SET_AFFINITY, harts);
    return result == 0 ? 0 : control_fail("pin", pid, (int)-result);
}

static void thread_print(const struct thread_info *thread)
{
    char list[HART_LIST_MAX];

    hart_list_format(list, thread->affinity);
    printf("process %d thread %d: harts %s\n", (int)thread->pid, (int)thread->thread, list);
}

static int process_change(const char *number, const char *harts)
{
    int pid = control_pid("pin", number);

    if (pid < 0)
        return UTILITY_MISUSE;
    return harts == NULL ? control_show("pin", pid, thread_print) : harts_set(pid, harts);
}

int main(int argc, char **argv)
{
    const char *pid = NULL;
    int option;

    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "+p:")) != -1) {
        if (option != 'p')
            return utility_misuse(usage);
        pid = optarg;
    }
    int left = argc - optind;
    if (pid != NULL ? left > 1 : left < 2)
        return utility_misuse(usage);
    if (pid != NULL)
        return process_change(pid, argv[optind]);
    int status = harts_set(0, argv[optind]);
    return status != 0 ? status : control_run("pin", argv + optind + 1);
}
