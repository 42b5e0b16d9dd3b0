#pragma once
/* sys/uio.h - reading into, and writing from, several places in one call.
 *
 * A write of at most 64 KiB is one message, so that nobody else's bytes come between; a longer one
 * and a read are a message for each place, which end at the first that moves less than it could.
 * EINVAL: a count that is negative or above IOV_MAX, or a sum of lengths that does not fit. */
#include <sys/types.h>

struct iovec {
    void *iov_base;
    size_t iov_len;
};

ssize_t readv(int file, const struct iovec *places, int count);
ssize_t writev(int file, const struct iovec *places, int count);
ssize_t preadv(int file, const struct iovec *places, int count, off_t offset);
ssize_t pwritev(int file, const struct iovec *places, int count, off_t offset);
