/* mounts.c - the list of mounted file systems, and those of /etc/mounts.
 *
 * init only keeps the list: mounting is done by who calls the servers.
 */
#include "mounts.h"

#include <octavo/mount.h>

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "log.h"
#include "names.h"
#include "proto/file.h"
#include "services.h"

enum { MOUNTS_MAX = 64, LINES_MAX = 16 };

struct mount {
    TAILQ_ENTRY(mount) link;
    struct mount_entry entry;
};

struct line {
    const char *source, *path;
};

static TAILQ_HEAD(, mount) mounts = TAILQ_HEAD_INITIALIZER(mounts);
static unsigned count;
static struct line lines[LINES_MAX]; /* of /etc/mounts */
static unsigned line_count;

static struct mount *find(const char *path)
{
    struct mount *mount;

    TAILQ_FOREACH(mount, &mounts, link) {
        if (strcmp(mount->entry.path, path) == 0)
            return mount;
    }
    return NULL;
}

#define ENDS(text) (memchr((text), '\0', sizeof(text)) != NULL)

static bool is_sound(const struct mount_entry *entry)
{
    return entry->path[0] == '/' && ENDS(entry->path) && ENDS(entry->source) && ENDS(entry->type);
}

long mounts_add(const struct message *request)
{
    struct mount_entry entry;
    struct mount *mount;
    long length = message_read_all(request, &entry, sizeof entry);

    if (length < 0)
        return length;
    if (length != sizeof entry || !is_sound(&entry))
        return -E_INVAL;
    if (find(entry.path) != NULL)
        return -E_EXIST;
    if (count == MOUNTS_MAX)
        return -E_NOSPC;
    mount = malloc(sizeof *mount);
    if (mount == NULL)
        return -E_NOMEM;
    mount->entry = entry;
    TAILQ_INSERT_TAIL(&mounts, mount, link);
    count++;
    return E_OK;
}

long mounts_remove(const struct message *request)
{
    char path[sizeof((struct mount_entry){0}.path)];
    struct mount *mount;
    long length = message_read_text(request, path, sizeof path);

    if (length < 0)
        return length;
    mount = find(path);
    if (mount == NULL)
        return -E_NOENT;
    TAILQ_REMOVE(&mounts, mount, link);
    count--;
    free(mount);
    return E_OK;
}

long mounts_list(const struct message *request)
{
    size_t room = message_buffer(request, BUFFER_OUT) / sizeof(struct mount_entry);
    uint64_t number = 0;
    struct mount *mount;
    long written = 0;

    TAILQ_FOREACH(mount, &mounts, link) {
        if (number++ < request->word[0])
            continue;
        if ((size_t)written == room)
            break;
        long copied = ipc_write(request->token, (uint64_t)written * sizeof mount->entry,
                                &mount->entry, sizeof mount->entry);
        if (copied < 0)
            return copied;
        written++;
    }
    return written;
}

/* ---- /etc/mounts ---- */

static void read_line(char *text, unsigned number)
{
    static const char blanks[] = " \t\r";
    char *rest, *source, *path;

    text[strcspn(text, "#")] = '\0';
    source = strtok_r(text, blanks, &rest);
    path = strtok_r(NULL, blanks, &rest);
    if (source == NULL)
        return;
    if (path == NULL || path[0] != '/' || strtok_r(NULL, blanks, &rest) != NULL ||
        line_count == LINES_MAX) {
        log_line("/etc/mounts:%u: not a name and an absolute path; line skipped", number);
        return;
    }
    lines[line_count++] = (struct line){.source = source, .path = path};
}

void mounts_init(char *table, size_t length)
{
    char *end = table + length;
    unsigned number = 1;

    for (char *line = table; line < end; number++) {
        char *newline = memchr(line, '\n', (size_t)(end - line));
        char *next = newline != NULL ? newline + 1 : end;

        if (newline != NULL)
            *newline = '\0';
        read_line(line, number);
        line = next;
    }
}

static void make(const char *source, const char *path)
{
    long result = -E_NOENT;

    if (find(path) != NULL)
        return;
    if (services_provide(source))
        result = mount_make(source, path, true);
    if (result < 0)
        log_line("cannot mount %s on %s: %s", source, path, strerror((int)-result));
}

void mounts_make(const char *root)
{
    make(root, "/");
    for (unsigned i = 0; i < line_count; i++)
        if (strcmp(lines[i].source, root) != 0)
            make(lines[i].source, lines[i].path);
}

void mounts_rest(void)
{
    const struct mount *mount;

    TAILQ_FOREACH(mount, &mounts, link) {
        struct message m = {.label = FILE_SYNC, .word = {FILE_SYNC_REST}};
        int root = names_find(mount->entry.source);

        if (root != HANDLE_NONE)
            (void)message_call(root, &m);
    }
}
