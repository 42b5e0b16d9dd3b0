/* terminal.c - termios, window size and foreground job, in the words of proto/tty.h. */
#include "posix.h"

#include <octavo/ipc.h>
#include <proto/tty.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* What does not know the label is no terminal. */
static long terminal_call(int fd, struct message *m)
{
    long status = file_call(fd, m);

    return status == -E_INVAL ? -E_NOTTY : status;
}

static long get_mode(int fd)
{
    struct message m = {.label = TTY_GET_MODE};
    long status = terminal_call(fd, &m);

    return status < 0 ? status : (long)(m.word[0] & TTY_COOKED);
}

int isatty(int fd) { return posix_result(get_mode(fd)) >= 0; }

static tcflag_t mode_to_flags(long mode)
{
    return ((mode & TTY_CANONICAL) != 0 ? ICANON : 0) | ((mode & TTY_ECHO) != 0 ? ECHO : 0) |
           ((mode & TTY_SIGNALS) != 0 ? ISIG : 0);
}

static uint64_t flags_to_mode(tcflag_t flags)
{
    return ((flags & ICANON) != 0 ? TTY_CANONICAL : 0) | ((flags & ECHO) != 0 ? TTY_ECHO : 0) |
           ((flags & ISIG) != 0 ? TTY_SIGNALS : 0);
}

int tcgetattr(int fd, struct termios *modes)
{
    static const cc_t characters[NCCS] = {
        [VEOF] = 'D' - '@', [VERASE] = 0x7f, [VINTR] = 'C' - '@', [VKILL] = 'U' - '@', [VMIN] = 1,
    };
    long mode = get_mode(fd);

    if (mode < 0)
        return (int)posix_result(mode);
    *modes = (struct termios){
        .c_iflag = ICRNL,
        .c_oflag = OPOST | ONLCR,
        .c_cflag = CS8 | CREAD,
        .c_lflag = mode_to_flags(mode),
    };
    memcpy(modes->c_cc, characters, sizeof(characters));
    return 0;
}

int tcsetattr(int fd, int when, const struct termios *modes)
{
    struct message m = {.label = TTY_SET_MODE, .word = {flags_to_mode(modes->c_lflag)}};

    if (when < TCSANOW || when > TCSAFLUSH)
        return (int)posix_result(-E_INVAL);
    return (int)posix_result(terminal_call(fd, &m));
}

void cfmakeraw(struct termios *modes) { modes->c_lflag &= ~(ICANON | ECHO | ISIG); }

static long get_size(int fd, struct winsize *size)
{
    struct message m = {.label = TTY_GET_SIZE};
    long status = terminal_call(fd, &m);

    if (status < 0)
        return status;
    *size =
        (struct winsize){.ws_row = (unsigned short)m.word[0], .ws_col = (unsigned short)m.word[1]};
    return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    struct winsize *size;

    if (request != TIOCGWINSZ)
        return (int)posix_result(-E_INVAL);
    va_start(arguments, request);
    size = va_arg(arguments, struct winsize *);
    va_end(arguments);
    return (int)posix_result(get_size(fd, size));
}

/* The job is a process and its descendants; pid 0: there is none. */
static long set_foreground(int fd, pid_t pid)
{
    struct message m = {.label = TTY_SET_FOREGROUND};
    long process, status;

    if (pid == 0)
        return terminal_call(fd, &m);
    process = process_open(HANDLE_SELF, pid, RIGHT_MANAGE | RIGHT_DUP);
    if (process < 0)
        return process;
    m.label |= MESSAGE_COPY;
    m.word[2] = (uint64_t)process;
    status = terminal_call(fd, &m);
    handle_close((int)process);
    return status;
}

int tcsetpgrp(int fd, pid_t pid) { return (int)posix_result(set_foreground(fd, pid)); }
