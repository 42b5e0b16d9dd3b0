/* vector.c - <sys/uio.h>: reads and writes of several places. */
#include "posix.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

enum { GATHER_MAX = 64 * 1024 };

/* The sum of the lengths, or E_INVAL. */
static long total_length(const struct iovec *places, int count)
{
    size_t total = 0;

    if (count < 0 || count > IOV_MAX)
        return -E_INVAL;
    for (int i = 0; i < count; i++)
        if (__builtin_add_overflow(total, places[i].iov_len, &total) || total > LONG_MAX)
            return -E_INVAL;
    return (long)total;
}

static long transfer_one(int file, const struct iovec *place, uint64_t offset, bool writes)
{
    return writes ? file_write(file, place->iov_base, place->iov_len, offset)
                  : file_read(file, place->iov_base, place->iov_len, offset);
}

/* One after the other, until one is not whole. */
static long transfer_each(int file, const struct iovec *places, int count, uint64_t offset,
                          bool writes)
{
    long done = 0;

    for (int i = 0; i < count; i++) {
        long moved = transfer_one(file, &places[i], offset, writes);

        if (moved < 0)
            return done > 0 ? done : moved;
        done += moved;
        if (offset != FILE_AT_POSITION)
            offset += (uint64_t)moved;
        if ((size_t)moved < places[i].iov_len)
            break;
    }
    return done;
}

static long write_gathered(int file, const struct iovec *places, int count, uint64_t offset)
{
    char *all = malloc(GATHER_MAX);
    size_t length = 0;
    long result;

    if (all == NULL)
        return -E_NOMEM;
    for (int i = 0; i < count; i++) {
        memcpy(all + length, places[i].iov_base, places[i].iov_len);
        length += places[i].iov_len;
    }
    result = file_write(file, all, length, offset);
    free(all);
    return result;
}

static long transfer(int file, const struct iovec *places, int count, uint64_t offset, bool writes)
{
    static const struct iovec nothing;
    long total = total_length(places, count);

    if (total < 0)
        return total;
    if (total == 0) /* the file is asked all the same whether it may be */
        return transfer_one(file, &nothing, offset, writes);
    if (writes && count > 1 && total <= GATHER_MAX)
        return write_gathered(file, places, count, offset);
    return transfer_each(file, places, count, offset, writes);
}

static long transfer_at(int file, const struct iovec *places, int count, off_t offset, bool writes)
{
    return offset < 0 ? -E_INVAL : transfer(file, places, count, (uint64_t)offset, writes);
}

ssize_t readv(int file, const struct iovec *places, int count)
{
    return posix_result(transfer(file, places, count, FILE_AT_POSITION, false));
}

ssize_t writev(int file, const struct iovec *places, int count)
{
    return posix_result(transfer(file, places, count, FILE_AT_POSITION, true));
}

ssize_t preadv(int file, const struct iovec *places, int count, off_t offset)
{
    return posix_result(transfer_at(file, places, count, offset, false));
}

ssize_t pwritev(int file, const struct iovec *places, int count, off_t offset)
{
    return posix_result(transfer_at(file, places, count, offset, true));
}
