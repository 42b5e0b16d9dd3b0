/* copy_bytes.c - copies the bytes of a file, its holes, and its attributes. */
#include "copy.h"

#include "bytes.h"
#include "complain.h"
#include "progress.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 64 * 1024, STATUS_BLOCK = 512 };

static char piece[PIECE_BYTES];

int copy_attributes(int copy, const char *path, const struct stat *status)
{
    struct timespec times[] = {status->st_atim, status->st_mtim};
    mode_t mode = status->st_mode & 07777;
    int result = 0;

    /* Whoever is not root keeps what is copied for himself: no complaint, and no set-user-id. */
    if (fchown(copy, status->st_uid, status->st_gid) != 0) {
        if (errno != EPERM && errno != EINVAL)
            result |= complain_errno("failed to preserve ownership for %s", quoted(path));
        mode &= 01777;
    }
    if (fchmod(copy, mode) != 0)
        result |= complain_errno("preserving permissions for %s", quoted(path));
    if (futimens(copy, times) != 0)
        result |= complain_errno("preserving times for %s", quoted(path));
    return result;
}

static bool is_zero(const char *bytes, size_t length)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0;
}

/* Writes a piece, or leaves a hole for it. */
static bool piece_put(int to, size_t length, bool has_holes)
{
    if (has_holes && is_zero(piece, length))
        return lseek(to, (off_t)length, SEEK_CUR) >= 0;
    return bytes_write(to, piece, length);
}

/* A hole at the end is made by the length. */
static bool end_put(int to, bool has_holes)
{
    off_t length = has_holes ? lseek(to, 0, SEEK_CUR) : 0;

    return !has_holes || (length >= 0 && ftruncate(to, length) == 0);
}

static int contents_copy(const struct copy_item *item, int from, int to)
{
    const struct stat *status = item->status;
    struct stat target;
    struct progress progress;
    ssize_t length;
    int result = 0;
    bool has_holes = S_ISREG(status->st_mode) &&
                     (uint64_t)status->st_blocks * STATUS_BLOCK < (uint64_t)status->st_size &&
                     fstat(to, &target) == 0 && S_ISREG(target.st_mode);

    progress_begin(&progress, item->from_path, (uint64_t)status->st_size);
    while (result == 0 && (length = bytes_read(from, piece, sizeof piece)) != 0) {
        if (length < 0)
            result = complain_errno("error reading %s", quoted(item->from_path));
        else if (!piece_put(to, (size_t)length, has_holes))
            result = complain_errno("error writing %s", quoted(item->to_path));
        else if (item->options->verbose)
            progress_add(&progress, (uint64_t)length);
    }
    progress_end(&progress);
    if (result == 0 && !end_put(to, has_holes))
        result = complain_errno("error writing %s", quoted(item->to_path));
    return result;
}

/* Opens the copy for writing, empty. -1 after a complaint. */
static int target_open(const struct copy_item *item, const struct stat *existing)
{
    mode_t mode = item->status->st_mode & (item->options->preserve ? 0700 : 0777);
    int file;

    if (existing != NULL) {
        file = openat(item->to_directory, item->to_name, O_WRONLY | O_TRUNC | O_CLOEXEC);
        if (file >= 0)
            return file;
        if (errno == ENOENT && S_ISLNK(existing->st_mode)) {
            complain("not writing through dangling symlink %s", quoted(item->to_path));
            return -1;
        }
        if (!item->options->force) {
            complain_errno("cannot create regular file %s", quoted(item->to_path));
            return -1;
        }
        if (unlinkat(item->to_directory, item->to_name, 0) != 0) {
            complain_errno("cannot remove %s", quoted(item->to_path));
            return -1;
        }
    }
    file = openat(item->to_directory, item->to_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0)
        complain_errno("cannot create regular file %s", quoted(item->to_path));
    return file;
}

int copy_regular(const struct copy_item *item, const struct stat *existing)
{
    int from = openat(item->from_directory, item->from_name, O_RDONLY | O_CLOEXEC);
    int to, result;

    if (from < 0)
        return complain_errno("cannot open %s for reading", quoted(item->from_path));
    to = target_open(item, existing);
    if (to < 0) {
        close(from);
        return 1;
    }
    result = contents_copy(item, from, to);
    if (item->options->preserve)
        result |= copy_attributes(to, item->to_path, item->status);
    close(from);
    if (close(to) != 0)
        result |= complain_errno("failed to close %s", quoted(item->to_path));
    return result;
}
