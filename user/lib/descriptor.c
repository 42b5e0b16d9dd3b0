/* descriptor.c - descriptors as handles: close, dup, dup2, close-on-exec.
 *
 * Only numbers below HANDLE_FIXED are descriptors: a program that closes or replaces all of them,
 * as a shell does, does not touch the library's own handles above.
 */
#include "posix.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <unistd.h>

static bool is_descriptor(int number) { return number >= 0 && number < HANDLE_FIXED; }

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

static long duplicate_to(int file, int target)
{
    long state;

    if (!is_descriptor(file) || !is_descriptor(target))
        return -E_BADF;
    if (file != target)
        return handle_dup(file, target, RIGHTS_ALL, 0);
    state = handle_control(file, HANDLE_GET, 0);
    return state < 0 ? state : target;
}

int dup2(int file, int target) { return (int)posix_result(duplicate_to(file, target)); }

/* HANDLE_GET keeps the flags in bits 24 and up. */
static long get_flags(int file)
{
    long state = handle_control(file, HANDLE_GET, 0);

    if (state < 0)
        return state;
    return (state >> 24 & HANDLE_CLOEXEC) != 0 ? FD_CLOEXEC : 0;
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
    default:
        return -E_INVAL;
    }
}

int fcntl(int file, int command, ...)
{
    va_list arguments;
    int argument = 0;

    va_start(arguments, command);
    if (command != F_GETFD)
        argument = va_arg(arguments, int);
    va_end(arguments);
    return (int)posix_result(control(file, command, argument));
}
