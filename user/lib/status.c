/* status.c - what a file is: stat, fstat, access. */
#include "posix.h"

#include <errno.h>
#include <fcntl.h>
#include <octavo/ipc.h>
#include <proto/file.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct timespec timespec_from_ns(int64_t ns)
{
    return (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
}

static void status_to_posix(const struct file_status *from, struct stat *to)
{
    *to = (struct stat){
        .st_dev = (dev_t)from->device,
        .st_ino = (ino_t)from->inode,
        .st_mode = from->mode,
        .st_nlink = (nlink_t)from->links,
        .st_uid = (uid_t)from->user,
        .st_gid = (gid_t)from->group,
        .st_size = (off_t)from->size,
        .st_atim = timespec_from_ns(from->accessed_ns),
        .st_mtim = timespec_from_ns(from->modified_ns),
        .st_ctim = timespec_from_ns(from->changed_ns),
        .st_blksize = (blksize_t)from->block_size,
        .st_blocks = (blkcnt_t)from->blocks,
    };
}

int fstat(int file, struct stat *status)
{
    struct file_status raw = {0};
    struct message m = {.label = FILE_STAT, .buffer = &raw, .length = sizeof(raw) | BUFFER_OUT};
    long result = file_call(file, &m);

    if (result >= 0)
        status_to_posix(&raw, status);
    return result >= 0 ? 0 : (int)posix_result(result);
}

int stat(const char *path, struct stat *status)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    int result, reason;

    if (file < 0)
        return -1;
    result = fstat(file, status);
    reason = errno;
    close(file);
    errno = reason;
    return result;
}

int lstat(const char *path, struct stat *status) { return stat(path, status); }

/* There is one user, who is the owner of everything and still needs a bit for what is asked. */
int access(const char *path, int wanted)
{
    struct stat status;
    mode_t missing = 0;

    if ((wanted & ~(R_OK | W_OK | X_OK)) != 0)
        return (int)posix_result(-E_INVAL);
    if (stat(path, &status) != 0)
        return -1;
    if ((wanted & R_OK) != 0)
        missing |= S_IRUSR & ~status.st_mode;
    if ((wanted & W_OK) != 0)
        missing |= S_IWUSR & ~status.st_mode;
    if ((wanted & X_OK) != 0)
        missing |= S_IXUSR & ~status.st_mode;
    return missing == 0 ? 0 : (int)posix_result(-E_ACCES);
}
