/* sync.c - until what was written is on the device: fsync, fdatasync, sync. */
#include "posix.h"

#include <fcntl.h>
#include <octavo/mount.h>
#include <unistd.h>

static long sync_file(int file, enum file_sync what)
{
    struct message m = {.label = FILE_SYNC, .word = {what}};
    long result = file_call(file, &m);

    return result > 0 ? 0 : result;
}

int fsync(int file) { return (int)posix_result(sync_file(file, FILE_SYNC_FILE)); }

int fdatasync(int file) { return (int)posix_result(sync_file(file, FILE_SYNC_DATA)); }

/* There is nobody to tell what goes wrong. */
static void sync_all(enum file_sync what)
{
    struct mount_entry entry;

    for (uint64_t i = 0; mount_find(i, &entry); i++) {
        long directory = path_open(HANDLE_ROOT, entry.path, O_RDONLY | O_DIRECTORY, 0);

        if (directory < 0)
            continue;
        (void)sync_file((int)directory, what);
        handle_close((int)directory);
    }
}

void sync(void) { sync_all(FILE_SYNC_SYSTEM); }

void mount_rest_all(void) { sync_all(FILE_SYNC_REST); }
