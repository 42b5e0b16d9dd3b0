#pragma once
/* jobs.h - children of the shell: waiting for them, and the list of those in the background. */
#include <stdbool.h>

#include "shell.h"

struct job {
    struct job *next; /* newest first */
    int number;       /* as in `%1` */
    int pid;
    bool done;
    int wait_status; /* when done: what waitpid gave */
    char *source;    /* the command's text */
};

/* What `$?` shows for a status of waitpid. */
int job_status(int wait_status);

/* Waits for a child in the foreground, which has the terminal if the shell is interactive, and says
 * which signal killed it. Returns its status for `$?`. */
int jobs_wait_foreground(struct shell *shell, int pid);

/* Notes a child that runs in the background; an interactive shell says `[number] pid`. */
void jobs_add(struct shell *shell, int pid, const char *source);

/* Reports the jobs that have ended and forgets them; with `all` the running ones are shown too. */
void jobs_report(struct shell *shell, bool all);

/* The job called `%number` or `pid`, the newest one for NULL; NULL if there is none. */
struct job *jobs_find(const struct shell *shell, const char *name);

/* Waits until the job has ended and forgets it. Returns its status; STATUS_INTERRUPTED if Ctrl-C
 * ended the waiting. */
int jobs_wait(struct shell *shell, struct job *job);

/* Brings the job to the foreground: it gets the terminal, and is waited for and forgotten. */
int jobs_resume(struct shell *shell, struct job *job);

/* Forgets all jobs without waiting, as a forked child must: they are not its children. */
void jobs_forget_all(struct shell *shell);
