#pragma once
/* error.h - the one list of errors, shared by vm/, the kernel and user programs.
 *
 * A function that can fail returns `enum error`; a system call returns the same number negated.
 * The numbers are those of errno.h in the C library of user programs, so that errno needs no table
 * (user/lib/errno.c asserts each at compile time); the two that errno.h lacks start at 2000,
 * where it lets its users begin.
 */
enum error {
    E_NEVER = -1, /* no error: it makes the type signed, so that -error is negative */
    E_OK = 0,
    E_PERM = 1,      /* the handle lacks the right that the operation needs */
    E_NOENT = 2,     /* no such name */
    E_SRCH = 3,      /* no such process, thread or token */
    E_INTR = 4,      /* the wait was cut short */
    E_IO = 5,        /* the device failed */
    E_2BIG = 7,      /* the arguments do not fit */
    E_NOEXEC = 8,    /* not a program that this machine can run */
    E_BADF = 9,      /* no such handle, or one of another kind */
    E_CHILD = 10,    /* no such child */
    E_AGAIN = 11,    /* the value differs, or try again */
    E_NOMEM = 12,    /* no memory, no frame */
    E_ACCES = 13,    /* not permitted by the object itself */
    E_FAULT = 14,    /* a pointer names memory that the caller cannot reach */
    E_BUSY = 16,     /* in use by another */
    E_EXIST = 17,    /* something is there already */
    E_XDEV = 18,     /* in another file system */
    E_NODEV = 19,    /* no such device */
    E_NOTDIR = 20,   /* not a directory */
    E_ISDIR = 21,    /* is a directory */
    E_INVAL = 22,    /* an argument that is never right */
    E_MFILE = 24,    /* the handle table is full */
    E_NOTTY = 25,    /* not a terminal */
    E_TXTBSY = 26,   /* a program that runs */
    E_FBIG = 27,     /* a file would become too long */
    E_NOSPC = 28,    /* no room on the device */
    E_SPIPE = 29,    /* cannot seek there */
    E_ROFS = 30,     /* read-only file system */
    E_MLINK = 31,    /* too many names of one file */
    E_PIPE = 32,     /* nobody reads */
    E_RANGE = 34,    /* the result does not fit */
    E_NOSYS = 88,    /* no such system call or message */
    E_NOTEMPTY = 90, /* a directory that holds something */
    E_NAMETOOLONG = 91,
    E_LOOP = 92,       /* too many symbolic links on the way */
    E_TIMEDOUT = 116,  /* the deadline passed */
    E_MSGSIZE = 122,   /* the message's buffer is too small */
    E_CANCELED = 140,  /* the operation was called off */
    E_PEERDIED = 2001, /* the server, or the last owner of the port, is gone */
};

/* The result must be looked at: an error that nobody reads is a bug. */
#define MUST_USE __attribute__((warn_unused_result))
