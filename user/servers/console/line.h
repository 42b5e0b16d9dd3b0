#pragma once
/* line.h - the line that somebody is typing: erasing, echo, and when it is complete.
 *
 * A pure state machine: bytes go in, edited text and echo come out. Text is UTF-8; what erases a
 * character erases all of its bytes, and each character is taken to be one column wide.
 *
 * A line is complete after NL (which is part of it), after Ctrl-D (which is not), and then takes no
 * more input until all of it has been dropped. A complete line without text is an end of file.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINE_SIZE = 4096 }; /* bytes of the longest line, NL included */

struct line {
    size_t length;
    size_t taken; /* bytes at its start that have been dropped */
    bool complete;
    char text[LINE_SIZE];
};

/* What the input of a byte has come to. */
enum line_event {
    LINE_NOTHING,
    LINE_COMPLETE,
    LINE_INTERRUPT, /* Ctrl-C; the line is empty now */
    LINE_STATUS,    /* Ctrl-T; the line is as it was */
};

/* Where echo goes. */
struct line_screen {
    void (*show)(const struct line_screen *screen, const char *text, size_t length);
};

enum line_control {
    CONTROL_C = 0x03,
    CONTROL_D = 0x04,
    CONTROL_G = 0x07, /* bell */
    CONTROL_H = 0x08, /* backspace */
    CONTROL_R = 0x12,
    CONTROL_T = 0x14,
    CONTROL_U = 0x15,
    CONTROL_W = 0x17,
    CONTROL_DELETE = 0x7f,
};

/* Takes one typed byte. mode: bits of enum tty_mode, of which TTY_ECHO and TTY_SIGNALS count. The
 * line must not be complete. */
enum line_event line_input(struct line *line, uint8_t byte, unsigned mode,
                           const struct line_screen *screen);

/* The text that has not been dropped, complete or not. */
size_t line_peek(const struct line *line, const char **text);

/* Drops `count` bytes from the start of what line_peek shows. When nothing is left, the line is
 * empty and not complete. */
void line_drop(struct line *line, size_t count);

void line_clear(struct line *line);
