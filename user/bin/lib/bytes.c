/* bytes.c - reading and writing that go on after an interruption. */
#include "bytes.h"

#include <errno.h>
#include <unistd.h>

ssize_t bytes_read(int file, void *buffer, size_t size)
{
    ssize_t count;

    do
        count = read(file, buffer, size);
    while (count < 0 && errno == EINTR);
    return count;
}

ssize_t bytes_read_all(int file, void *buffer, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t count = bytes_read(file, (char *)buffer + done, size - done);

        if (count < 0)
            return -1;
        if (count == 0)
            break;
        done += (size_t)count;
    }
    return (ssize_t)done;
}

bool bytes_write(int file, const void *buffer, size_t size)
{
    const char *next = buffer;

    while (size != 0) {
        ssize_t count = write(file, next, size);

        if (count < 0 && errno == EINTR)
            continue;
        if (count == 0)
            errno = ENOSPC; /* nobody says why; trying for ever would not help */
        if (count <= 0)
            return false;
        next += count;
        size -= (size_t)count;
    }
    return true;
}
