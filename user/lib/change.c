/* change.c - what a file's owner may set: mode, owner and group, times. */
#include "posix.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

enum { PERMISSIONS = S_ISUID | S_ISGID | S_ISVTX | S_IRWXU | S_IRWXG | S_IRWXO };
enum { NS_PER_SECOND = 1000000000, NS_PER_US = 1000 };

static long change_file(int file, const struct file_change *change)
{
    struct message m = {
        .label = FILE_CHANGE, .buffer = (void *)change, .length = sizeof(*change) | BUFFER_IN};
    long result = file_call(file, &m);

    return result > 0 ? 0 : result;
}

/* `flags`: AT_SYMLINK_NOFOLLOW or 0. */
static long change_path(int directory, const char *path, int flags,
                        const struct file_change *change)
{
    struct path_request request = {
        .label = FILE_CHANGE,
        .word = {(flags & AT_SYMLINK_NOFOLLOW) != 0 ? FILE_NO_FOLLOW : 0},
        .before = change,
        .before_size = sizeof(*change),
    };

    if ((flags & ~AT_SYMLINK_NOFOLLOW) != 0)
        return -E_INVAL;
    return path_tell(directory, path, &request);
}

/* ---- mode ------------------------------------------------------------------------------------ */

static struct file_change mode_change(mode_t mode)
{
    return (struct file_change){.fields = FILE_CHANGE_MODE, .mode = mode & PERMISSIONS};
}

int fchmodat(int directory, const char *path, mode_t mode, int flags)
{
    struct file_change change = mode_change(mode);

    return (int)posix_result(change_path(directory, path, flags, &change));
}

int chmod(const char *path, mode_t mode) { return fchmodat(AT_FDCWD, path, mode, 0); }

int fchmod(int file, mode_t mode)
{
    struct file_change change = mode_change(mode);

    return (int)posix_result(change_file(file, &change));
}

/* ---- owner ----------------------------------------------------------------------------------- */

/* -1: stays as it is. */
static struct file_change owner_change(uid_t user, gid_t group)
{
    return (struct file_change){
        .fields = (user != (uid_t)-1 ? FILE_CHANGE_USER : 0) |
                  (group != (gid_t)-1 ? FILE_CHANGE_GROUP : 0),
        .user = user,
        .group = group,
    };
}

int fchownat(int directory, const char *path, uid_t user, gid_t group, int flags)
{
    struct file_change change = owner_change(user, group);

    return (int)posix_result(change_path(directory, path, flags, &change));
}

int chown(const char *path, uid_t user, gid_t group)
{
    return fchownat(AT_FDCWD, path, user, group, 0);
}

int lchown(const char *path, uid_t user, gid_t group)
{
    return fchownat(AT_FDCWD, path, user, group, AT_SYMLINK_NOFOLLOW);
}

int fchown(int file, uid_t user, gid_t group)
{
    struct file_change change = owner_change(user, group);

    return (int)posix_result(change_file(file, &change));
}

/* ---- times ----------------------------------------------------------------------------------- */

/* What the protocol cannot say becomes the nearest that it can. */
static int64_t ns_from_timespec(const struct timespec *time)
{
    int64_t ns;

    if (time->tv_nsec == UTIME_NOW)
        return FILE_TIME_NOW;
    if (!__builtin_mul_overflow(time->tv_sec, (int64_t)NS_PER_SECOND, &ns) &&
        !__builtin_add_overflow(ns, time->tv_nsec, &ns) && ns != FILE_TIME_NOW)
        return ns;
    return time->tv_sec < 0 ? INT64_MIN + 1 : INT64_MAX;
}

static bool is_time(const struct timespec *time)
{
    return time->tv_nsec == UTIME_NOW || time->tv_nsec == UTIME_OMIT ||
           (time->tv_nsec >= 0 && time->tv_nsec < NS_PER_SECOND);
}

/* NULL: now, both. -> 0, or E_INVAL. */
static long times_change(const struct timespec times[2], struct file_change *change)
{
    static const struct timespec now[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};

    if (times == NULL)
        times = now;
    if (!is_time(&times[0]) || !is_time(&times[1]))
        return -E_INVAL;
    *change = (struct file_change){
        .fields = (times[0].tv_nsec != UTIME_OMIT ? FILE_CHANGE_ACCESSED : 0) |
                  (times[1].tv_nsec != UTIME_OMIT ? FILE_CHANGE_MODIFIED : 0),
        .accessed_ns = ns_from_timespec(&times[0]),
        .modified_ns = ns_from_timespec(&times[1]),
    };
    return 0;
}

int utimensat(int directory, const char *path, const struct timespec times[2], int flags)
{
    struct file_change change;
    long result = times_change(times, &change);

    if (result == 0 && change.fields != 0)
        result = change_path(directory, path, flags, &change);
    return (int)posix_result(result);
}

int futimens(int file, const struct timespec times[2])
{
    struct file_change change;
    long result = times_change(times, &change);

    if (result == 0)
        result = change_file(file, &change);
    return (int)posix_result(result);
}

/* A number of microseconds that is none becomes one of nanoseconds that is none. */
static const struct timespec *from_timevals(const struct timeval from[2], struct timespec to[2])
{
    if (from == NULL)
        return NULL;
    for (int i = 0; i < 2; i++) {
        bool valid = from[i].tv_usec >= 0 && from[i].tv_usec < NS_PER_SECOND / NS_PER_US;

        to[i].tv_sec = from[i].tv_sec;
        to[i].tv_nsec = valid ? from[i].tv_usec * NS_PER_US : -1;
    }
    return to;
}

int utimes(const char *path, const struct timeval times[2])
{
    struct timespec exact[2];

    return utimensat(AT_FDCWD, path, from_timevals(times, exact), 0);
}

int lutimes(const char *path, const struct timeval times[2])
{
    struct timespec exact[2];

    return utimensat(AT_FDCWD, path, from_timevals(times, exact), AT_SYMLINK_NOFOLLOW);
}

int futimes(int file, const struct timeval times[2])
{
    struct timespec exact[2];

    return futimens(file, from_timevals(times, exact));
}

int utime(const char *path, const struct utimbuf *times)
{
    struct timespec exact[2];

    if (times == NULL)
        return utimensat(AT_FDCWD, path, NULL, 0);
    exact[0] = (struct timespec){.tv_sec = times->actime};
    exact[1] = (struct timespec){.tv_sec = times->modtime};
    return utimensat(AT_FDCWD, path, exact, 0);
}
