/* descriptor.c - descriptors as handles: close, dup and its kin, fcntl.
 *
 * Only numbers below HANDLE_FIXED are descriptors: a program that closes or replaces all of them,
 * as a shell does, does not touch the library's own handles above.
 */
#include "posix.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <unistd.h>

int close(int file)
{
    return (int)posix_result(is_descriptor(file) ? handle_close(file) : -E_BADF);
}

static long duplicate(int file, int minimum, uint32_t flags)
{
    if (!is_descriptor(file))
        return -E_BADF;
    if (!is_descriptor(minimum))
        return -E_INVAL;
    return handle_dup(file, DUP_LOWEST | minimum, RIGHTS_ALL, flags);
}

int dup(int file) { return (int)posix_result(duplicate(file, 0, 0)); }

static long duplicate_to(int file, int target, uint32_t flags)
{
    if (!is_descriptor(file) || !is_descriptor(target))
        return -E_BADF;
    return handle_dup(file, target, RIGHTS_ALL, flags);
}

int dup2(int file, int target)
{
    long state;

    if (file != target || !is_descriptor(file))
        return (int)posix_result(duplicate_to(file, target, 0));
    state = handle_control(file, HANDLE_GET, 0);
    return (int)posix_result(state < 0 ? state : target);
}

int dup3(int file, int target, int flags)
{
    if (file == target || (flags & ~O_CLOEXEC) != 0)
        return (int)posix_result(-E_INVAL);
    return (int)posix_result(
        duplicate_to(file, target, (flags & O_CLOEXEC) != 0 ? HANDLE_CLOEXEC : 0));
}

/* HANDLE_GET keeps the flags in bits 24 and up. */
static long get_flags(int file)
{
    long state = handle_control(file, HANDLE_GET, 0);

    if (state < 0)
        return state;
    return (state >> 24 & HANDLE_CLOEXEC) != 0 ? FD_CLOEXEC : 0;
}

/* What knows no such flags, as a terminal, is open for both ways. */
static long get_status_flags(int file)
{
    struct message m = {.label = FILE_GET_FLAGS};
    long status = file_call(file, &m);

    if (status == -E_INVAL)
        return O_RDWR;
    return status < 0 ? status : (long)(m.word[0] & INT_MAX);
}

/* Of the flags two can be changed; others are not looked at. */
static long set_status_flags(int file, int flags)
{
    struct message m = {.label = FILE_SET_FLAGS,
                        .word = {(uint64_t)(flags & (O_APPEND | O_NONBLOCK))}};
    long status = file_call(file, &m);

    return status == -E_INVAL || status > 0 ? 0 : status;
}

static long control(int file, int command, int argument)
{
    if (!is_descriptor(file))
        return -E_BADF;
    switch (command) {
    case F_DUPFD:
        return duplicate(file, argument, 0);
    case F_DUPFD_CLOEXEC:
        return duplicate(file, argument, HANDLE_CLOEXEC);
    case F_GETFD:
        return get_flags(file);
    case F_SETFD:
        return handle_control(file, HANDLE_SET_FLAGS,
                              (argument & FD_CLOEXEC) != 0 ? HANDLE_CLOEXEC : 0);
    case F_GETFL:
        return get_status_flags(file);
    case F_SETFL:
        return set_status_flags(file, argument);
    default:
        return -E_INVAL;
    }
}

int fcntl(int file, int command, ...)
{
    va_list arguments;
    int argument = 0;

    va_start(arguments, command);
    if (command != F_GETFD && command != F_GETFL)
        argument = va_arg(arguments, int);
    va_end(arguments);
    return (int)posix_result(control(file, command, argument));
}
