/* status.c - what a file is, and how full its file system: stat, access, statvfs and their kin. */
#include "posix.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static struct timespec timespec_from_ns(int64_t ns)
{
    struct timespec time = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};

    if (time.tv_nsec < 0) { /* before 1970 */
        time.tv_sec--;
        time.tv_nsec += 1000000000;
    }
    return time;
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

/* ---- stat ------------------------------------------------------------------------------------ */

/* What a server does not fill in is zero. */
static long ask(int file, enum file_label label, void *answer, size_t size)
{
    struct message m = {.label = label, .buffer = answer, .length = size | BUFFER_OUT};
    long result;

    memset(answer, 0, size);
    result = file_call(file, &m);
    return result > 0 ? 0 : result;
}

static long open_and_ask(int directory, const char *path, enum file_label label, void *answer,
                         size_t size)
{
    long file = path_open(directory, path, O_RDONLY, 0);
    long result;

    if (file < 0)
        return file;
    result = ask((int)file, label, answer, size);
    handle_close((int)file);
    return result;
}

long file_status(int file, struct file_status *status)
{
    return ask(file, FILE_STAT, status, sizeof(*status));
}

long path_status(int directory, const char *path, uint64_t flags, struct file_status *status)
{
    struct path_request request = {.label = FILE_STAT_PATH, .word = {flags}};
    struct path_reply reply;
    long result = path_call(directory, path, &request, &reply);

    if (result == -E_INVAL) /* it knows no paths, as a terminal does */
        return open_and_ask(directory, path, FILE_STAT, status, sizeof(*status));
    if (result < 0)
        return result;
    memcpy(status, reply.buffer, sizeof(*status));
    return 0;
}

int fstat(int file, struct stat *status)
{
    struct file_status raw;
    long result = file_status(file, &raw);

    if (result == 0)
        status_to_posix(&raw, status);
    return (int)posix_result(result);
}

int fstatat(int directory, const char *restrict path, struct stat *restrict status, int flags)
{
    uint64_t follow = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? FILE_NO_FOLLOW : 0;
    struct file_status raw;
    long result =
        (flags & ~AT_SYMLINK_NOFOLLOW) != 0 ? -E_INVAL : path_status(directory, path, follow, &raw);

    if (result == 0)
        status_to_posix(&raw, status);
    return (int)posix_result(result);
}

int stat(const char *restrict path, struct stat *restrict status)
{
    return fstatat(AT_FDCWD, path, status, 0);
}

int lstat(const char *path, struct stat *status)
{
    return fstatat(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}

/* ---- statvfs --------------------------------------------------------------------------------- */

long file_system_status(int file, struct file_system_status *status)
{
    return ask(file, FILE_STAT_SYSTEM, status, sizeof(*status));
}

static void system_status_to_posix(const struct file_system_status *from, struct statvfs *to)
{
    *to = (struct statvfs){
        .f_bsize = from->block_size,
        .f_frsize = from->block_size,
        .f_blocks = from->blocks,
        .f_bfree = from->blocks_free,
        .f_bavail = from->blocks_available,
        .f_files = from->files,
        .f_ffree = from->files_free,
        .f_favail = from->files_free,
        .f_fsid = from->device,
        .f_flag = ST_NOSUID | (from->read_only != 0 ? ST_RDONLY : 0),
        .f_namemax = from->name_max,
    };
    strlcpy(to->f_basetype, from->type, sizeof(to->f_basetype));
}

int fstatvfs(int file, struct statvfs *status)
{
    struct file_system_status raw;
    long result = file_system_status(file, &raw);

    if (result == 0)
        system_status_to_posix(&raw, status);
    return (int)posix_result(result);
}

int statvfs(const char *path, struct statvfs *status)
{
    struct file_system_status raw;
    long result = open_and_ask(AT_FDCWD, path, FILE_STAT_SYSTEM, &raw, sizeof(raw));

    if (result == 0)
        system_status_to_posix(&raw, status);
    return (int)posix_result(result);
}

/* ---- access ---------------------------------------------------------------------------------- */

/* There is one user, to whom all is permitted but to write on what is read-only, and to execute
 * what nobody may. */
static long check_access(int directory, const char *path, int wanted, uint64_t flags)
{
    struct file_status status;
    struct file_system_status system;
    long result = path_status(directory, path, flags, &status);

    if (result < 0)
        return result;
    if ((wanted & X_OK) != 0 && !S_ISDIR(status.mode) &&
        (status.mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0)
        return -E_ACCES;
    if ((wanted & W_OK) == 0 || (!S_ISREG(status.mode) && !S_ISDIR(status.mode)))
        return 0;
    result = open_and_ask(directory, path, FILE_STAT_SYSTEM, &system, sizeof(system));
    return result == 0 && system.read_only != 0 ? -E_ROFS : 0;
}

int faccessat(int directory, const char *path, int wanted, int flags)
{
    uint64_t follow = (flags & AT_SYMLINK_NOFOLLOW) != 0 ? FILE_NO_FOLLOW : 0;

    if ((wanted & ~(R_OK | W_OK | X_OK)) != 0 || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW)) != 0)
        return (int)posix_result(-E_INVAL);
    return (int)posix_result(check_access(directory, path, wanted, follow));
}

int access(const char *path, int wanted) { return faccessat(AT_FDCWD, path, wanted, 0); }
