/* directory.c - reading directories.
 *
 * A DIR holds a descriptor and a buffer of entries as the file server wrote them (struct
 * file_entry); readdir checks each, as a server may be wrong, and gives it in the form of POSIX. A
 * DIR is for one thread at a time.
 */
#include "posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <octavo/ipc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIRECTORY_BUFFER = 2048, ENTRIES_MAX = DIRECTORY_BUFFER / sizeof(struct file_entry) };

struct directory {
    int file;
    uint64_t start; /* the server's position at which the buffer begins */
    size_t used;    /* bytes of entries in the buffer */
    size_t place;   /* of the next one */
    unsigned index; /* and how many entries stand before it */
    struct dirent entry;
    char buffer[DIRECTORY_BUFFER] __attribute__((aligned(8)));
};

DIR *fdopendir(int file)
{
    DIR *directory;
    struct stat status;

    if (fstat(file, &status) != 0)
        return NULL;
    if (!S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        return NULL;
    }
    directory = calloc(1, sizeof(*directory));
    if (directory != NULL)
        directory->file = file;
    return directory;
}

DIR *opendir(const char *path)
{
    int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory;

    if (file < 0)
        return NULL;
    directory = fdopendir(file);
    if (directory == NULL) {
        int reason = errno;

        close(file);
        errno = reason;
    }
    return directory;
}

/* -> bytes of entries now in the buffer, 0 at the end, or an error. */
static long fill(DIR *directory)
{
    struct message ask = {.label = FILE_SEEK, .word = {0, SEEK_CUR}};
    struct message m = {.label = FILE_READ_DIRECTORY,
                        .buffer = directory->buffer,
                        .length = sizeof(directory->buffer) | BUFFER_OUT};
    long start = file_call(directory->file, &ask);
    long count = file_call(directory->file, &m);

    if (count > (long)sizeof(directory->buffer))
        return -E_IO;
    directory->start = start > 0 ? (uint64_t)start : 0;
    directory->used = count > 0 ? (size_t)count : 0;
    directory->place = directory->index = 0;
    return count == -E_NOENT ? 0 : count; /* removed meanwhile */
}

/* The next entry if it is whole: inside the buffer, with a name that ends inside the entry. */
static const struct file_entry *next_entry(DIR *directory)
{
    const struct file_entry *entry = (const void *)(directory->buffer + directory->place);
    size_t rest = directory->used - directory->place;
    size_t room;

    if (rest < sizeof(*entry) || entry->length < sizeof(*entry) || entry->length > rest ||
        entry->length % 8 != 0)
        return NULL;
    room = entry->length - offsetof(struct file_entry, name);
    if (strnlen(entry->name, room) == room || strlen(entry->name) > FILE_NAME_MAX)
        return NULL;
    return entry;
}

struct dirent *readdir(DIR *directory)
{
    const struct file_entry *entry;

    if (directory->place == directory->used) {
        long count = fill(directory);

        if (count <= 0) {
            posix_result(count);
            return NULL;
        }
    }
    entry = next_entry(directory);
    if (entry == NULL) {
        directory->place = directory->used;
        errno = EIO;
        return NULL;
    }
    directory->entry.d_ino = (ino_t)entry->inode;
    directory->entry.d_type = entry->type;
    strlcpy(directory->entry.d_name, entry->name, sizeof(directory->entry.d_name));
    directory->place += entry->length;
    directory->index++;
    return &directory->entry;
}

/* ---- positions ------------------------------------------------------------------------------- */

/* A position is that of the buffer's start, as the server has it, and how many entries on. */
long telldir(DIR *directory)
{
    if (directory->start > LONG_MAX / ENTRIES_MAX) {
        errno = EOVERFLOW;
        return -1;
    }
    return (long)(directory->start * ENTRIES_MAX + directory->index);
}

static void seek_to_start(DIR *directory, uint64_t start)
{
    int reason = errno;

    lseek(directory->file, (off_t)start, SEEK_SET);
    directory->start = start;
    directory->used = directory->place = directory->index = 0;
    errno = reason;
}

void seekdir(DIR *directory, long position)
{
    seek_to_start(directory, (uint64_t)position / ENTRIES_MAX);
    for (long i = position % ENTRIES_MAX; i > 0 && readdir(directory) != NULL; i--)
        ;
}

void rewinddir(DIR *directory) { seek_to_start(directory, 0); }

/* ---- the end --------------------------------------------------------------------------------- */

int dirfd(DIR *directory) { return directory->file; }

int closedir(DIR *directory)
{
    int file = directory->file;

    free(directory);
    return close(file);
}
