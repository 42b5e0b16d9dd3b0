/* session.c - what runs for the user when the servers are up.
 *
 * The program is loaded through the file server, but by the child: init itself calls no server, so
 * that no server can stop it.
 */
#include "session.h"

#include <octavo/calls.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "launch.h"
#include "log.h"
#include "mounts.h"
#include "names.h"
#include "proto/name.h"
#include "services.h"

enum { SESSION_ARGUMENTS_MAX = 16, SESSION_BADGE = 0, EXIT_CANNOT_RUN = 126 };

static const char console_name[] = "console";
static const char disk_name[] = "fs0", initrd_name[] = "initrd";
static char root_wanted[NAME_LENGTH_MAX + 1];
/* execve takes pointers to non-const by tradition, and changes nothing. */
static char path_entry[] = "PATH=/bin:/tests", home_entry[] = "HOME=/", term_entry[] = "TERM=vt100";
static char *const environment[] = {path_entry, home_entry, term_entry, NULL};

static const struct init *self;
static struct child child;
static bool runs_once;
static char text[BOOT_ARGUMENTS_MAX]; /* what argument[] points into */
static char *argument[SESSION_ARGUMENTS_MAX + 1];

/* Looks for `name=` among the words of the boot arguments. -> the rest of it, or NULL. */
static char *find_argument(char *arguments, const char *name)
{
    size_t length = strlen(name);
    char *rest;

    for (char *word = strtok_r(arguments, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest))
        if (strncmp(word, name, length) == 0)
            return word + length;
    return NULL;
}

/* Leaves what `run=` says in `text`. */
static bool find_run(const char *arguments)
{
    snprintf(text, sizeof text, "%s", arguments);
    const char *run = find_argument(text, "run=");
    if (run == NULL)
        return false;
    memmove(text, run, strlen(run) + 1);
    return true;
}

static void find_root(const char *arguments)
{
    snprintf(text, sizeof text, "%s", arguments);
    const char *root = find_argument(text, "root=");
    if (root != NULL)
        snprintf(root_wanted, sizeof root_wanted, "%s", root);
}

void session_init(const struct init *init)
{
    unsigned count = 0;
    char *rest;

    self = init;
    find_root(init->boot->arguments);
    runs_once = find_run(init->boot->arguments);
    if (!runs_once)
        strcpy(text, "/bin/sh");
    for (char *word = strtok_r(text, ",", &rest); word != NULL && count < SESSION_ARGUMENTS_MAX;
         word = strtok_r(NULL, ",", &rest))
        argument[count++] = word;
    if (count == 0) {
        log_line("run= names no program");
        init_shutdown(true);
    }
}

/* Whose root is `/`: as the boot arguments say, or the disk's, unless its server has ended. */
static const char *root_name(void)
{
    if (root_wanted[0] != '\0')
        return root_wanted;
    return services_provide(disk_name) ? disk_name : initrd_name;
}

/* ---- starting ---- */

static long prepare(void)
{
    const uint32_t channel = RIGHT_SEND | RIGHT_DUP;
    int root = names_find(root_name()), console = names_find(console_name);
    struct launch launch = {.priority = PRIORITY_DEFAULT};
    long names = channel_create(self->port, SESSION_BADGE);

    if (names < 0)
        return names;
    for (int target = STDIN_FILENO; target <= STDERR_FILENO; target++)
        launch_add(&launch, console, target, channel);
    launch_add(&launch, root, HANDLE_ROOT, channel);
    launch_add(&launch, root, HANDLE_CWD, channel);
    launch_add(&launch, (int)names, HANDLE_NAMES, channel);
    launch_add(&launch, self->authority, HANDLE_SYSTEM, RIGHT_WAIT | RIGHT_MANAGE | RIGHT_DUP);
    return launch_apply(&launch);
}

static _Noreturn void become(void)
{
    if (prepare() < 0)
        process_exit(EXIT_CANNOT_RUN);
    mounts_make(root_name());
    execve(argument[0], argument, environment);
    perror(argument[0]);
    process_exit(EXIT_CANNOT_RUN);
}

static void start(uint64_t now)
{
    long pid = process_fork();

    if (pid == 0)
        become();
    child_started(&child, (int)pid, now);
    if (pid > 0)
        return;
    log_line("%s: no process for it (error %ld)", argument[0], -pid);
    if (!child_died(&child, now))
        init_shutdown(true);
}

/* Is the name there? If it never will be, neither will a session. */
static bool is_ready(const char *name)
{
    if (names_find(name) != HANDLE_NONE)
        return true;
    if (!services_provide(name)) {
        log_line("no server will ever be the %s: there is nothing left to do", name);
        init_shutdown(true);
    }
    return false;
}

uint64_t session_start_due(uint64_t now)
{
    if (!child_is_due(&child, now))
        return child.start_next_ns;
    if (!is_ready(root_name()) || !is_ready(console_name))
        return DEADLINE_NONE;
    start(now);
    return child.start_next_ns;
}

/* ---- ending ---- */

bool session_child_died(int pid, int status, uint64_t now)
{
    char cause[CHILD_CAUSE_MAX];

    if (child.pid != pid)
        return false;
    child_describe_end(status, cause);
    if (runs_once) {
        child_finished(&child);
        log_line("%s %s", argument[0], cause);
        init_shutdown(status != STATUS_EXITED(0));
        return true;
    }
    log_line("%s (pid %d) %s; starting another", argument[0], pid, cause);
    /* Somebody who leaves the shell, and leaves it again, has not broken it. */
    if (STATUS_KILLED(status) == 0 && status != STATUS_EXITED(EXIT_CANNOT_RUN))
        child.quick_deaths = 0;
    if (!child_died(&child, now)) {
        log_line("%s cannot be kept running", argument[0]);
        init_shutdown(true);
    }
    return true;
}
