/* terminal.c - modes and owner of the terminal. One that does not answer is as good as none, so
 * errors end here.
 */
#include "terminal.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { COLUMNS_UNKNOWN = 80 };

/* What the shell wants to see itself while it edits a line. */
static const tcflag_t edit_flags = ICANON | ECHO | ISIG;

bool terminal_is_present(void) { return isatty(STDIN_FILENO); }

void terminal_set_raw(void)
{
    struct termios modes;

    if (tcgetattr(STDIN_FILENO, &modes) == 0) {
        modes.c_lflag &= ~edit_flags;
        tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
    }
}

void terminal_set_cooked(void)
{
    struct termios modes;

    if (tcgetattr(STDIN_FILENO, &modes) == 0) {
        modes.c_lflag |= edit_flags;
        tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
    }
}

size_t terminal_columns(void)
{
    struct winsize size;

    return ioctl(STDIN_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 ? COLUMNS_UNKNOWN
                                                                           : size.ws_col;
}

void terminal_give_to(int pid) { tcsetpgrp(STDIN_FILENO, pid); }

/* The library's word for nobody: a job is a process here, and none has the number 0. */
void terminal_take_back(void) { tcsetpgrp(STDIN_FILENO, 0); }
