/* errno.c - error numbers: the kernel's are the C library's. */
#include "posix.h"

#include <errno.h>
#include <octavo/error.h>
#include <string.h>

#define SAME(ours, theirs) _Static_assert((int)(ours) == (theirs), #ours " is " #theirs)
SAME(E_PERM, EPERM);
SAME(E_NOENT, ENOENT);
SAME(E_SRCH, ESRCH);
SAME(E_INTR, EINTR);
SAME(E_IO, EIO);
SAME(E_2BIG, E2BIG);
SAME(E_NOEXEC, ENOEXEC);
SAME(E_BADF, EBADF);
SAME(E_CHILD, ECHILD);
SAME(E_AGAIN, EAGAIN);
SAME(E_NOMEM, ENOMEM);
SAME(E_ACCES, EACCES);
SAME(E_FAULT, EFAULT);
SAME(E_BUSY, EBUSY);
SAME(E_EXIST, EEXIST);
SAME(E_XDEV, EXDEV);
SAME(E_NODEV, ENODEV);
SAME(E_NOTDIR, ENOTDIR);
SAME(E_ISDIR, EISDIR);
SAME(E_INVAL, EINVAL);
SAME(E_MFILE, EMFILE);
SAME(E_NOTTY, ENOTTY);
SAME(E_TXTBSY, ETXTBSY);
SAME(E_FBIG, EFBIG);
SAME(E_NOSPC, ENOSPC);
SAME(E_SPIPE, ESPIPE);
SAME(E_ROFS, EROFS);
SAME(E_MLINK, EMLINK);
SAME(E_PIPE, EPIPE);
SAME(E_RANGE, ERANGE);
SAME(E_NOSYS, ENOSYS);
SAME(E_NOTEMPTY, ENOTEMPTY);
SAME(E_NAMETOOLONG, ENAMETOOLONG);
SAME(E_LOOP, ELOOP);
SAME(E_TIMEDOUT, ETIMEDOUT);
SAME(E_MSGSIZE, EMSGSIZE);
SAME(E_CANCELED, ECANCELED);
_Static_assert((int)E_PEERDIED > __ELASTERROR, "errno.h has no such number");

enum { ERROR_LAST = 4095 }; /* no error number of anybody is greater */

long posix_result(long raw)
{
    if (raw >= 0)
        return raw;
    errno = raw >= -ERROR_LAST ? (int)-raw : EIO;
    return -1;
}

/* strerror asks this about numbers that it does not know. */
char *_user_strerror(int error, int internal, int *failed);

char *_user_strerror(int error, int internal, int *failed)
{
    static char server_died[] = "Server died";

    (void)internal;
    (void)failed;
    return error == E_PEERDIED ? server_died : NULL;
}
