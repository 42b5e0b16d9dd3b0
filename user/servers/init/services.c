/* services.c - the servers of /etc/servers.
 *
 * The array is filled once from the table and never shrinks. A service that will not run again has
 * no port any more.
 */
#include "services.h"

#include <octavo/calls.h>
#include <octavo/program.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "launch.h"
#include "log.h"
#include "names.h"
#include "proto/start.h"
#include "table.h"

struct service {
    struct table_line line;
    struct child child;
    struct device_set devices;
    int port;          /* or HANDLE_NONE when given up */
    unsigned declined; /* names of its line that it will not register: bits, by their places */
};

static struct service services[SERVICES_MAX];
static int service_count;
static const struct init *self;

enum { NOT_THERE = -1 };

/* -> its place in the list, or NOT_THERE. */
static int list_find(const struct table_list *list, const char *text)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (strcmp(list->item[i], text) == 0)
            return (int)i;
    }
    return NOT_THERE;
}

static bool list_has(const struct table_list *list, const char *text)
{
    return list_find(list, text) != NOT_THERE;
}

/* False: there are devices on its line, and the machine has none of them. */
static bool take_devices(struct service *service, int number)
{
    const struct table_list *wanted = &service->line.devices;
    bool wants = false;

    for (unsigned i = 0; i < wanted->count; i++) {
        if (strcmp(wanted->item[i], "system") == 0)
            continue; /* an authority, not a device: prepare() */
        enum error error = devices_take(&service->devices, wanted->item[i], number);
        if (error == E_NODEV)
            log_line("%s: there is no free device %s", service->line.name, wanted->item[i]);
        else if (error != E_OK)
            log_line("%s: more devices than one server can have", service->line.name);
        wants = true;
    }
    return service->devices.count > 0 || !wants;
}

/* It will not run again: who calls it shall learn that, not wait. */
static void retire(struct service *service)
{
    handle_close(service->port);
    service->port = HANDLE_NONE;
    for (unsigned i = 0; i < service->line.names.count; i++)
        names_drop(service->line.names.item[i]);
}

static void add_service(char *text, unsigned line_number)
{
    struct service *service = &services[service_count];
    const char *complaint = "more servers than init can watch";
    enum error error =
        service_count < SERVICES_MAX ? table_parse_line(text, &service->line, &complaint) : E_INVAL;

    if (error == E_NOENT)
        return;
    if (error == E_OK) {
        service->port = (int)port_create();
        if (service->port < 0)
            complaint = "no memory for its port";
    }
    if (error != E_OK || service->port < 0) {
        log_line("/etc/servers:%u: %s; line skipped", line_number, complaint);
        return;
    }
    if (!take_devices(service, service_count++)) {
        child_finished(&service->child);
        retire(service);
    }
}

void services_init(const struct init *init, char *table, size_t length)
{
    char *end = table + length;
    unsigned line_number = 1;

    self = init;
    for (char *line = table; line < end; line_number++) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        char *next = newline != NULL ? newline + 1 : end;

        if (newline != NULL)
            *newline = '\0';
        add_service(line, line_number);
        line = next;
    }
}

/* ---- starting ---- */

/* In the child: what it will have. -> 0 or a negated error. */
static long prepare(const struct service *service, int number)
{
    struct launch launch = {.priority = service->line.priority};
    long names = channel_create(self->port, (uint64_t)number + SERVICE_BADGE);

    if (names < 0)
        return names;
    for (int target = STDIN_FILENO; target <= STDERR_FILENO; target++)
        launch_add(&launch, (int)names, target, RIGHT_SEND | RIGHT_DUP);
    launch_add(&launch, (int)names, HANDLE_NAMES, RIGHT_SEND | RIGHT_DUP);
    launch_add(&launch, service->port, START_PORT, RIGHT_RECV);
    for (unsigned i = 0; i < service->devices.count; i++) {
        const struct boot_device *device = &service->devices.device[i];

        launch_add(&launch, device->memory, START_MEMORY((int)i), RIGHT_MAP | RIGHT_MANAGE);
        if (device->irq != HANDLE_NONE)
            launch_add(&launch, device->irq, START_IRQ((int)i), RIGHT_MANAGE);
    }
    if (list_has(&service->line.devices, "system"))
        launch_add(&launch, self->authority, HANDLE_SYSTEM, RIGHT_WAIT);
    return launch_apply(&launch);
}

/* In the child. Its messages go to init by descriptor 2. */
static _Noreturn void become(const struct service *service, int number)
{
    struct program program;
    struct cpio_entry file;
    const char *path = service->line.path;

    if (prepare(service, number) < 0)
        process_exit(1);
    if (cpio_find(&self->archive, path, &file) != E_OK) {
        fprintf(stderr, "%s: no such program in the initrd\n", path);
        process_exit(1);
    }
    struct program_source source = {.file = HANDLE_NONE, .image = file.data, .size = file.size};
    if (program_load_image(&source, service->line.name, (char **)service->line.argument,
                           (char *[]){NULL}, &program) == 0)
        program_run(&program);
    perror(path);
    process_exit(1);
}

static void give_up(struct service *service)
{
    log_line("%s died %d times in a row soon after its start: given up", service->line.name,
             CHILD_QUICK_MAX);
    retire(service);
}

static void start(struct service *service, uint64_t now)
{
    int number = (int)(service - services);
    long pid = process_fork();

    if (pid == 0)
        become(service, number);
    child_started(&service->child, (int)pid, now);
    service->declined = 0;
    if (pid > 0)
        return;
    log_line("%s: no process for it (error %ld)", service->line.name, -pid);
    if (!child_died(&service->child, now))
        give_up(service);
}

uint64_t services_start_due(uint64_t now)
{
    uint64_t next = DEADLINE_NONE;

    for (struct service *service = services; service < services + service_count; service++) {
        if (child_is_due(&service->child, now))
            start(service, now);
        if (service->child.start_next_ns < next)
            next = service->child.start_next_ns;
    }
    return next;
}

/* ---- dying ---- */

static bool is_to_restart(const struct service *service, int status)
{
    switch (service->line.restart) {
    case RESTART_ALWAYS:
        return true;
    case RESTART_ON_FAILURE:
        return status != STATUS_EXITED(0);
    case RESTART_NEVER:
        break;
    }
    return false;
}

bool services_child_died(int pid, int status, uint64_t now)
{
    for (struct service *service = services; service < services + service_count; service++) {
        char cause[CHILD_CAUSE_MAX];

        if (service->child.pid != pid)
            continue;
        child_describe_end(status, cause);
        if (status != STATUS_EXITED(0) || is_to_restart(service, status))
            log_line("%s (pid %d) %s", service->line.name, pid, cause);
        if (!is_to_restart(service, status)) {
            child_finished(&service->child);
            retire(service);
        } else if (!child_died(&service->child, now)) {
            give_up(service);
        }
        return true;
    }
    return false;
}

/* ---- questions ---- */

int services_by_badge(uint64_t badge)
{
    bool known = badge >= SERVICE_BADGE && badge - SERVICE_BADGE < (uint64_t)service_count;

    return known ? (int)(badge - SERVICE_BADGE) : SERVICE_NONE;
}

bool services_may_register(int service, const char *name)
{
    return list_has(&services[service].line.names, name);
}

void services_list_devices(int service, struct device_set *set)
{
    *set = services[service].devices;
    for (unsigned i = 0; i < set->count; i++) {
        set->device[i].memory = START_MEMORY((int)i);
        if (set->device[i].irq != HANDLE_NONE)
            set->device[i].irq = START_IRQ((int)i);
    }
}

/* Whether such a name may come from this service yet. */
static bool may_provide(const struct service *service, int place)
{
    return service->port != HANDLE_NONE && (service->declined >> place & 1) == 0;
}

bool services_decline(int service, const char *name)
{
    int place = list_find(&services[service].line.names, name);

    if (place == NOT_THERE)
        return false;
    services[service].declined |= 1u << place;
    if (!services_provide(name))
        names_drop(name);
    return true;
}

bool services_provide(const char *name)
{
    for (int i = 0; i < service_count; i++) {
        int place = list_find(&services[i].line.names, name);

        if (place != NOT_THERE && may_provide(&services[i], place))
            return true;
    }
    return false;
}

bool services_refuse(const char *name)
{
    for (int i = 0; i < service_count; i++) {
        if (list_has(&services[i].line.names, name))
            return !services_provide(name);
    }
    return false;
}
