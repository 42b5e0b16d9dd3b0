/* main.c - init, the first program: starts the servers, names them, and watches over all.
 *
 * init is itself a server, with one port for everything: requests for names, the ends of its
 * children and of orphans, and its timer. It calls no other server, so that none can stop it.
 */
#include "init.h"

#include <octavo/calls.h>
#include <octavo/server.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "kept.h"
#include "log.h"
#include "mounts.h"
#include "names.h"
#include "proto/file.h"
#include "proto/mount.h"
#include "proto/name.h"
#include "proto/start.h"
#include "services.h"
#include "session.h"

enum {
    EVENT_CHILD = 1 << 0, /* a child has ended */
    EVENT_TIMER = 1 << 1, /* something is due */
};

enum {
    INIT_PRIORITY = PRIORITIES - 4, /* above all it starts */
    EVENT_BADGE = 0,
};

#define SHUTDOWN_WAIT_NS 10000000000ull /* for disks and console to be done */

static struct init self;
static int event;
static uint64_t shutdown_at = DEADLINE_NONE;
static bool shutdown_failure;

/* ---- requests ---- */

static long register_name(int service, struct message *request)
{
    char name[NAME_LENGTH_MAX + 1];
    long length = message_read_text(request, name, sizeof name);

    if (length < 0)
        return length;
    if (service == SERVICE_NONE || !services_may_register(service, name))
        return -E_PERM;
    if (!message_has_handle(request))
        return -E_INVAL;
    int channel = (int)request->word[2];
    long kind = handle_control(channel, HANDLE_GET, 0);
    const long rights = (RIGHT_SEND | RIGHT_DUP) << 8;
    if (kind < 0 || (kind & 0xff) != OBJECT_CHANNEL || (kind & rights) != rights)
        return -E_INVAL;
    enum error error = names_register(name, channel);
    if (error == E_OK)
        (void)message_take_handle(request);
    return -(long)error;
}

static long look_name_up(struct message *request, struct message *reply)
{
    char name[NAME_LENGTH_MAX + 1];
    long length = message_read_text(request, name, sizeof name);

    if (length < 0)
        return length;
    if (length == 0)
        return -E_INVAL;
    int channel = names_find(name);
    if (channel != HANDLE_NONE) {
        reply->label = MESSAGE_COPY;
        reply->word[2] = (uint64_t)channel;
        return E_OK;
    }
    if (request->word[0] == NAME_NO_WAIT || services_refuse(name))
        return -E_NOENT;
    enum error error = names_wait(name, request->token);
    return error == E_OK ? SERVER_NO_REPLY : -(long)error;
}

static long decline_name(int service, const struct message *request)
{
    char name[NAME_LENGTH_MAX + 1];
    long length = message_read_text(request, name, sizeof name);

    if (length < 0)
        return length;
    return service != SERVICE_NONE && services_decline(service, name) ? E_OK : -E_PERM;
}

static long keep_memory(int service, struct message *request, struct message *reply)
{
    if (service == SERVICE_NONE)
        return -E_PERM;
    if (!message_has_handle(request))
        return -E_INVAL;
    int memory = (int)request->word[2];
    long kind = handle_control(memory, HANDLE_GET, 0);
    if (kind < 0 || (kind & 0xff) != OBJECT_MEMORY)
        return -E_INVAL;
    enum error error = kept_add(service, memory, &reply->word[0]);
    if (error == E_OK)
        (void)message_take_handle(request);
    return -(long)error;
}

static long drop_memory(int service, const struct message *request)
{
    if (service == SERVICE_NONE)
        return -E_PERM;
    if (request->word[0] != START_KEPT)
        return -(long)kept_drop(service, request->word[0]);
    kept_drop_all(service);
    return E_OK;
}

static long list_devices(int service, const struct message *request)
{
    struct device_set set;

    if (service == SERVICE_NONE)
        return -E_PERM;
    services_list_devices(service, &set);
    long written = message_write(request, set.device, set.count * sizeof set.device[0]);
    return written < 0 ? written : (long)set.count;
}

/* What a server prints. A long text is taken in parts: the server sends the rest. */
static long write_log(int service, const struct message *request)
{
    char text[LOG_LINE_MAX];
    size_t length = message_buffer(request, BUFFER_IN);

    if (service == SERVICE_NONE)
        return -E_NOSYS;
    if (length > sizeof text)
        length = sizeof text;
    long copied = ipc_read(request->token, 0, text, length);
    if (copied > 0)
        log_bytes(text, (size_t)copied);
    return copied;
}

static void tend(void);

static long handle(struct server *server, struct message *request, struct message *reply)
{
    int service = services_by_badge(request->badge);
    long status;

    (void)server;
    switch (request->label & MESSAGE_LABEL) {
    case NAME_REGISTER:
        status = register_name(service, request);
        tend(); /* the session may have waited for this name */
        return status;
    case NAME_LOOKUP:
        return look_name_up(request, reply);
    case NAME_DECLINE:
        status = decline_name(service, request);
        tend();
        return status;
    case START_GET_DEVICES:
        return list_devices(service, request);
    case START_KEEP:
        return keep_memory(service, request, reply);
    case START_DROP:
        return drop_memory(service, request);
    case FILE_WRITE:
        return write_log(service, request);
    case FILE_READ:
        return service == SERVICE_NONE ? -E_NOSYS : 0;
    case MOUNT_ADD:
        return mounts_add(request);
    case MOUNT_REMOVE:
        return mounts_remove(request);
    case MOUNT_LIST:
        return mounts_list(request);
    default:
        return -E_NOSYS;
    }
}

/* ---- events ---- */

static void reap(uint64_t now)
{
    int status;
    long pid;

    while ((pid = process_wait(-1, WAIT_NO_HANG, &status)) > 0) {
        /* Orphans are of no interest: nobody waits for them but init. */
        if (!services_child_died((int)pid, status, now))
            (void)session_child_died((int)pid, status, now);
    }
}

static uint64_t earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

static void power_off(void)
{
    (void)system_control(self.authority, SYSTEM_SHUTDOWN, shutdown_failure, 0);
}

/* Does what is due and sets the timer for what will be. */
static void tend(void)
{
    uint64_t now = clock_get();
    uint64_t next = shutdown_at;

    if (shutdown_at == DEADLINE_NONE) {
        next = services_start_due(now);
        next = earlier(next, session_start_due(now));
        next = earlier(next, shutdown_at); /* the session may just have ended it all */
    } else if (shutdown_at <= now) {
        power_off();
    }
    (void)event_timer(event, EVENT_TIMER, next, 0);
}

static void handle_event(struct server *server, uint64_t badge, uint64_t bits)
{
    (void)server;
    (void)badge;
    if ((bits & EVENT_CHILD) != 0)
        reap(clock_get());
    tend();
}

void init_shutdown(bool failure)
{
    int console = names_find("console");

    if (shutdown_at != DEADLINE_NONE)
        return;
    shutdown_failure = failure;
    shutdown_at = clock_get() + SHUTDOWN_WAIT_NS;
    /* A child waits for disks and console. Should one hang, the timer ends the matter. */
    long pid = process_fork();
    if (pid == 0) {
        mounts_rest();
        if (console != HANDLE_NONE)
            (void)message_call(console, &(struct message){.label = FILE_SYNC});
        power_off();
        process_exit(1);
    }
    if (pid < 0)
        power_off();
}

/* ---- start ---- */

static long map_archive(const struct boot_info *boot, struct cpio *archive)
{
    struct mapping mapping = {
        .length = boot->initrd_offset + boot->initrd_size,
        .flags = MAP_READ | MAP_SHARE,
        .memory = boot->initrd,
    };
    long address = vm_map(HANDLE_SPACE, &mapping);

    if (address < 0)
        return address;
    archive->bytes = (const char *)address + boot->initrd_offset;
    archive->size = boot->initrd_size;
    return 0;
}

/* A copy of a table, which gets cut to pieces, as the archive cannot be. NULL: there is none. */
static char *copy_table(const char *path, size_t *length)
{
    struct cpio_entry file;
    char *table;

    if (cpio_find(&self.archive, path, &file) != E_OK) {
        log_line("the initrd has no %s", path);
        return NULL;
    }
    table = malloc(file.size + 1);
    if (table == NULL) {
        log_line("no memory for %s", path);
        return NULL;
    }
    memcpy(table, file.data, file.size);
    table[file.size] = '\0';
    *length = file.size;
    return table;
}

static void read_tables(void)
{
    size_t length;
    char *table = copy_table("/etc/servers", &length);

    if (table != NULL)
        services_init(&self, table, length);
    table = copy_table("/etc/mounts", &length);
    if (table != NULL)
        mounts_init(table, length);
}

static void make_port(void)
{
    self.port = (int)port_create();
    self.authority =
        (int)handle_dup(HANDLE_SELF, DUP_LOWEST, RIGHT_WAIT | RIGHT_MANAGE | RIGHT_DUP, 0);
    event = (int)event_create();
    if (self.port < 0 || self.authority < 0 || event < 0 ||
        event_bind(event, self.port, EVENT_BADGE) < 0 || process_watch(event, EVENT_CHILD) < 0) {
        log_line("no memory to begin with");
        process_exit(1);
    }
}

int main(void)
{
    struct server server = {.handle = handle, .event = handle_event};

    self.boot = (const struct boot_info *)getauxval(AUX_BOOT_INFO);
    if (self.boot == NULL || map_archive(self.boot, &self.archive) < 0) {
        log_line("no boot information, or no initrd: only the kernel can start init");
        return 1;
    }
    (void)thread_control(HANDLE_NONE, THREAD_SET_PRIORITY, INIT_PRIORITY);
    make_port();
    devices_init(self.boot);
    read_tables();
    session_init(&self);
    tend();
    server.port = self.port;
    server_run(&server);
}
