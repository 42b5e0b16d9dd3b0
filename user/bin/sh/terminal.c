/* terminal.c - messages to the terminal on descriptor 0. A terminal that does not answer is as good
 * as none, so errors end here.
 */
#include "terminal.h"

#include <octavo/ipc.h>
#include <unistd.h>

#include "proto/tty.h"

enum { COLUMNS_UNKNOWN = 80 };

static long terminal_call(struct message *message) { return message_call(STDIN_FILENO, message); }

bool terminal_is_present(void)
{
    return terminal_call(&(struct message){.label = TTY_GET_MODE}) >= 0;
}

void terminal_set_raw(void) { terminal_call(&(struct message){.label = TTY_SET_MODE}); }

void terminal_set_cooked(void)
{
    terminal_call(&(struct message){.label = TTY_SET_MODE, .word = {TTY_COOKED}});
}

size_t terminal_columns(void)
{
    struct message size = {.label = TTY_GET_SIZE};

    return terminal_call(&size) < 0 || size.word[1] == 0 ? COLUMNS_UNKNOWN : size.word[1];
}

void terminal_give_to(int pid)
{
    long process = process_open(HANDLE_SELF, pid, RIGHT_MANAGE);

    if (process < 0) {
        return; /* it has ended already */
    }
    struct message give = {.label = TTY_SET_FOREGROUND | MESSAGE_MOVE,
                           .word = {0, 0, (uint64_t)process}};
    if (terminal_call(&give) < 0) {
        handle_close((int)process); /* a message that did not arrive moves nothing */
    }
}

void terminal_take_back(void) { terminal_call(&(struct message){.label = TTY_SET_FOREGROUND}); }
