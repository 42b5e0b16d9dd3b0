/* main.c - initfs: the files of the initrd, read-only, by the file protocol.
 *
 * Contents are never copied but once: from the archive, which is mapped, to the reader's buffer.
 */
#include <octavo/names.h>
#include <octavo/server.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "directory.h"
#include "files.h"
#include "proto/file.h"
#include "proto/start.h"
#include "tree.h"

enum {
    DEVICE_NUMBER = 1, /* of this file system, in struct file_status */
    BLOCK_SIZE = 4096,
    BLOCK_UNIT = 512,
    ENTRIES_SIZE = 4096, /* directory entries that one message carries, bytes */
};

static struct tree tree;

/* ---- opening ---- */

/* What O_ flags ask for that a file, found or not, cannot give. */
static enum error check_flags(uint64_t flags, const struct tree_node *node)
{
    bool writes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;

    if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
        return E_EXIST;
    if (tree_is_directory(node))
        return writes ? E_ISDIR : E_OK;
    if ((flags & O_DIRECTORY) != 0)
        return E_NOTDIR;
    return writes ? E_ROFS : E_OK;
}

/* -> a channel to `node`, or a negated error. */
static long make_channel(uint32_t node)
{
    uint64_t badge;
    enum error error = files_open(node, &badge);

    if (error != E_OK)
        return -(long)error;
    long channel = channel_create(START_PORT, badge);
    if (channel < 0)
        files_close(badge);
    return channel;
}

/* The path at the start of the caller's buffer. -> its length. */
static long read_path(const struct message *request, char path[FILE_PATH_MAX + 1])
{
    size_t size = message_buffer(request, BUFFER_IN);
    long copied;

    if (size > FILE_PATH_MAX)
        size = FILE_PATH_MAX;
    copied = size == 0 ? 0 : ipc_read(request->token, 0, path, size);
    if (copied < 0)
        return copied;
    path[size] = '\0';
    return (long)strlen(path);
}

static long open_file(const struct open_file *from, const struct message *request,
                      struct message *reply)
{
    char path[FILE_PATH_MAX + 1];
    uint64_t flags = request->word[0];
    uint32_t node;
    long length = read_path(request, path);

    if (length < 0)
        return length;
    enum error error = tree_resolve(&tree, from->node, path, (size_t)length, &node);
    if (error == E_NOENT && (flags & O_CREAT) != 0)
        return -E_ROFS;
    if (error == E_OK)
        error = check_flags(flags, &tree.node[node]);
    if (error != E_OK)
        return -(long)error;
    long channel = make_channel(node);
    if (channel < 0)
        return channel;
    reply->label = MESSAGE_MOVE;
    reply->word[2] = (uint64_t)channel;
    return E_OK;
}

/* ---- reading ---- */

static long read_file(struct open_file *file, const struct message *request)
{
    const struct tree_node *node = &tree.node[file->node];
    bool at_position = request->word[0] == FILE_AT_POSITION;
    uint64_t offset = at_position ? file->position : request->word[0];

    if (tree_is_directory(node))
        return -E_ISDIR;
    if (offset >= node->size)
        return 0;
    long count = message_write(request, node->data + offset, node->size - offset);
    if (count > 0 && at_position)
        file->position += (uint64_t)count;
    return count;
}

static long read_directory(struct open_file *file, const struct message *request)
{
    char entries[ENTRIES_SIZE];
    uint64_t position = file->position;
    size_t size = message_buffer(request, BUFFER_OUT);

    if (!tree_is_directory(&tree.node[file->node]))
        return -E_NOTDIR;
    if (size > sizeof entries)
        size = sizeof entries;
    long filled = directory_fill(&tree, file->node, &position, entries, size);
    if (filled <= 0)
        return filled;
    long written = message_write(request, entries, (size_t)filled);
    if (written == filled)
        file->position = position;
    return written;
}

static long seek(struct open_file *file, const struct message *request)
{
    const struct tree_node *node = &tree.node[file->node];
    int64_t offset = (int64_t)request->word[0], base, position;

    switch (request->word[1]) {
    case SEEK_SET:
        base = 0;
        break;
    case SEEK_CUR:
        base = (int64_t)file->position;
        break;
    case SEEK_END:
        base = (int64_t)(tree_is_directory(node) ? node->child_count : node->size);
        break;
    default:
        return -E_INVAL;
    }
    if (__builtin_add_overflow(base, offset, &position) || position < 0)
        return -E_INVAL;
    file->position = (uint64_t)position;
    return position;
}

static long describe(const struct open_file *file, const struct message *request)
{
    const struct tree_node *node = &tree.node[file->node];
    int64_t modified_ns = (int64_t)node->modified * 1000000000;
    struct file_status status = {
        .device = DEVICE_NUMBER,
        .inode = directory_inode(file->node),
        .mode = node->mode,
        .links = node->links,
        .size = node->size,
        .blocks = (node->size + BLOCK_UNIT - 1) / BLOCK_UNIT,
        .block_size = BLOCK_SIZE,
        .accessed_ns = modified_ns,
        .modified_ns = modified_ns,
        .changed_ns = modified_ns,
    };
    long written = message_write(request, &status, sizeof status);

    return written < 0 ? written : E_OK;
}

/* ---- the server ---- */

static long handle(struct server *server, struct message *request, struct message *reply)
{
    struct open_file *file = files_find(request->badge);

    (void)server;
    if (file == NULL)
        return -E_BADF; /* opened before this server was started anew */
    switch (request->label & MESSAGE_LABEL) {
    case FILE_OPEN:
        return open_file(file, request, reply);
    case FILE_READ:
        return read_file(file, request);
    case FILE_SEEK:
        return seek(file, request);
    case FILE_STAT:
        return describe(file, request);
    case FILE_READ_DIRECTORY:
        return read_directory(file, request);
    case FILE_WRITE:
    case FILE_TRUNCATE:
        return -E_BADF; /* nothing is ever open for writing */
    case FILE_SYNC:
        return E_OK;
    default:
        return -E_NOSYS;
    }
}

static void handle_closed(struct server *server, uint64_t badge)
{
    (void)server;
    files_close(badge);
}

/* The first device of our line in /etc/servers. */
static long map_archive(struct cpio *archive)
{
    struct boot_device initrd;
    struct message request = {
        .label = START_GET_DEVICES, .buffer = &initrd, .length = sizeof initrd | BUFFER_OUT};
    long count = message_call(HANDLE_NAMES, &request);

    if (count <= 0)
        return count < 0 ? count : -E_NODEV;
    struct mapping mapping = {
        .length = initrd.offset + initrd.size,
        .flags = MAP_READ | MAP_SHARE,
        .memory = initrd.memory,
    };
    long address = vm_map(HANDLE_SPACE, &mapping);
    if (address < 0)
        return address;
    archive->bytes = (const char *)address + initrd.offset;
    archive->size = initrd.size;
    return E_OK;
}

static long start(void)
{
    struct cpio archive;
    long result = map_archive(&archive);

    if (result < 0)
        return result;
    result = -(long)tree_build(&tree, &archive);
    if (result < 0)
        return result;
    if (tree.complaint != NULL)
        fprintf(stderr, "initfs: %s\n", tree.complaint);
    files_init((uint32_t)clock_get());
    long channel = channel_create(START_PORT, FILES_ROOT_BADGE);
    if (channel < 0)
        return channel;
    result = name_register("root", (int)channel);
    (void)handle_close((int)channel); /* init has its own now */
    return result;
}

int main(void)
{
    struct server server = {.port = START_PORT, .handle = handle, .closed = handle_closed};
    long result = start();

    if (result < 0) {
        fprintf(stderr, "initfs: cannot start: %s\n", strerror((int)-result));
        return 1;
    }
    server_run(&server);
}
