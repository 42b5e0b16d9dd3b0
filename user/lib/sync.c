/* sync.c - until what was written is on the device: fsync, fdatasync, sync. */
#include "posix.h"

#include <fcntl.h>
#include <proto/mount.h>
#include <unistd.h>

static long sync_file(int file, enum file_sync what)
{
    struct message m = {.label = FILE_SYNC, .word = {what}};
    long result = file_call(file, &m);

    return result > 0 ? 0 : result;
}

int fsync(int file) { return (int)posix_result(sync_file(file, FILE_SYNC_FILE)); }

int fdatasync(int file) { return (int)posix_result(sync_file(file, FILE_SYNC_DATA)); }

/* Mounted file system number `number`; false: there are not as many. */
static bool find_mount(uint64_t number, struct mount_entry *entry)
{
    struct message m = {.label = MOUNT_LIST,
                        .word = {number},
                        .buffer = entry,
                        .length = sizeof(*entry) | BUFFER_OUT};

    if (file_call(HANDLE_NAMES, &m) < 1)
        return false;
    entry->path[sizeof(entry->path) - 1] = '\0';
    return true;
}

/* There is nobody to tell what goes wrong. */
void sync(void)
{
    struct mount_entry entry;

    (void)sync_file(HANDLE_ROOT, FILE_SYNC_SYSTEM);
    for (uint64_t i = 0; find_mount(i, &entry); i++) {
        long directory = path_open(AT_FDCWD, entry.path, O_RDONLY | O_DIRECTORY, 0);

        if (directory < 0)
            continue;
        (void)sync_file((int)directory, FILE_SYNC_SYSTEM);
        handle_close((int)directory);
    }
}
