/* jobs.c - children of the shell. Invariant: a job that is not done is a child not yet waited for.
 */
#include "jobs.h"

#include <errno.h>
#include <octavo/calls.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "terminal.h"

int job_status(int wait_status)
{
    return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status)
                                  : STATUS_SIGNAL + WTERMSIG(wait_status);
}

static const char *signal_describe(int signal)
{
    static char unknown[32];
    const char *text = signal < NSIG ? strsignal(signal) : NULL;

    if (text == NULL) {
        snprintf(unknown, sizeof unknown, "Killed by signal %d", signal);
        text = unknown;
    }
    return text;
}

int jobs_wait_foreground(struct shell *shell, int pid)
{
    int wait_status;

    if (waitpid(pid, &wait_status, 0) < 0) {
        shell_complain(shell, "wait: %s", strerror(errno));
        return STATUS_FAILURE;
    }
    if (shell->interactive)
        terminal_take_back();
    if (!WIFEXITED(wait_status)) {
        if (WTERMSIG(wait_status) == SIGINT)
            shell->interrupted = shell->interactive; /* the console has shown ^C */
        else
            fprintf(stderr, "%s\n", signal_describe(WTERMSIG(wait_status)));
    }
    return job_status(wait_status);
}

void jobs_add(struct shell *shell, int pid, const char *source)
{
    struct job *job = memory_resize(NULL, sizeof *job);

    *job = (struct job){
        .next = shell->jobs,
        .number = shell->jobs == NULL ? 1 : shell->jobs->number + 1,
        .pid = pid,
        .source = memory_copy(source, strlen(source)),
    };
    shell->jobs = job;
    shell->last_background = pid;
    if (shell->interactive)
        fprintf(stderr, "[%d] %d\n", job->number, pid);
}

static void job_forget(struct shell *shell, struct job *job)
{
    struct job **place = &shell->jobs;

    while (*place != job)
        place = &(*place)->next;
    *place = job->next;
    free(job->source);
    free(job);
}

/* Notes that a child has ended, if it is a job. */
static void job_end(struct shell *shell, int pid, int wait_status)
{
    for (struct job *job = shell->jobs; job != NULL; job = job->next) {
        if (job->pid == pid) {
            job->done = true;
            job->wait_status = wait_status;
        }
    }
}

static void jobs_collect(struct shell *shell)
{
    int wait_status, pid;

    while ((pid = waitpid(-1, &wait_status, WNOHANG)) > 0)
        job_end(shell, pid, wait_status);
}

static void job_print(const struct job *job)
{
    char state[32];

    if (!job->done)
        snprintf(state, sizeof state, "Running");
    else if (!WIFEXITED(job->wait_status))
        snprintf(state, sizeof state, "%s", signal_describe(WTERMSIG(job->wait_status)));
    else if (WEXITSTATUS(job->wait_status) != 0)
        snprintf(state, sizeof state, "Exit %d", WEXITSTATUS(job->wait_status));
    else
        snprintf(state, sizeof state, "Done");
    printf("[%d] %-20s %s\n", job->number, state, job->source);
}

void jobs_report(struct shell *shell, bool all)
{
    struct job *job;

    jobs_collect(shell);
    /* The list is newest first and people count from 1. */
    for (int number = 1; shell->jobs != NULL && number <= shell->jobs->number; number++) {
        for (job = shell->jobs; job != NULL && job->number != number; job = job->next) {
        }
        if (job != NULL && (all || job->done)) {
            job_print(job);
            if (job->done)
                job_forget(shell, job);
        }
    }
    fflush(stdout);
}

struct job *jobs_find(const struct shell *shell, const char *name)
{
    struct job *job = shell->jobs;

    if (name == NULL || strcmp(name, "%") == 0 || strcmp(name, "%%") == 0)
        return job;
    bool by_number = name[0] == '%';
    char *end;
    long wanted = strtol(name + by_number, &end, 10);
    while (job != NULL && (by_number ? job->number : job->pid) != wanted)
        job = job->next;
    return *end == '\0' ? job : NULL;
}

/* A child that does nothing but have the terminal: Ctrl-C kills it, and its end wakes the shell,
 * which no key can reach while it waits. Returns its pid; 0 if there is nothing to watch for. */
static int watcher_start(const struct shell *shell)
{
    if (!shell->interactive)
        return 0;
    int pid = fork();
    if (pid == 0) {
        clock_sleep(DEADLINE_NONE);
        _exit(0);
    }
    if (pid > 0)
        terminal_give_to(pid);
    return pid < 0 ? 0 : pid;
}

static void watcher_stop(int watcher)
{
    if (watcher > 0) {
        terminal_take_back();
        process_kill(HANDLE_SELF, watcher, SIGKILL);
        waitpid(watcher, NULL, 0);
    }
}

int jobs_wait(struct shell *shell, struct job *job)
{
    int watcher = watcher_start(shell), wait_status;

    while (!job->done) {
        int pid = waitpid(-1, &wait_status, 0);

        if (pid < 0 || pid == watcher) {
            terminal_take_back();
            shell->interrupted = true;
            return STATUS_INTERRUPTED;
        }
        job_end(shell, pid, wait_status);
    }
    watcher_stop(watcher);
    int status = job_status(job->wait_status);
    job_forget(shell, job);
    return status;
}

int jobs_resume(struct shell *shell, struct job *job)
{
    int pid = job->pid, status;

    puts(job->source);
    fflush(stdout);
    if (job->done) {
        status = job_status(job->wait_status);
    } else {
        if (shell->interactive)
            terminal_give_to(pid);
        status = jobs_wait_foreground(shell, pid);
    }
    job_forget(shell, job);
    return status;
}

void jobs_forget_all(struct shell *shell)
{
    while (shell->jobs != NULL)
        job_forget(shell, shell->jobs);
}
