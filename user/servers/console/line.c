/* line.c - the line that somebody is typing. Pure: it is tested on the host. */
#include "line.h"

#include <string.h>

#include "proto/tty.h"

/* What one call works on. */
struct editor {
    struct line *line;
    const struct line_screen *screen;
    bool echo;
};

static void show(const struct editor *editor, const char *text, size_t length)
{
    if (editor->echo)
        editor->screen->show(editor->screen, text, length);
}

static bool is_control(char byte) { return (unsigned char)byte < ' ' || byte == CONTROL_DELETE; }

/* All bytes of a UTF-8 character but the first are 10xxxxxx (RFC 3629, section 3). */
static bool is_continuation(char byte) { return ((unsigned char)byte & 0xc0) == 0x80; }

/* How many columns the byte has taken on the screen. A tab is shown as one blank, so that erasing
 * it needs not know where the line began. */
static int width(char byte)
{
    if (byte == '\t')
        return 1;
    if (is_control(byte))
        return 2;
    return is_continuation(byte) ? 0 : 1;
}

/* Control characters are shown as ^A, delete as ^?. */
static void show_byte(const struct editor *editor, char byte)
{
    char caret[2] = {'^', (char)(byte ^ 0x40)};

    if (byte == '\n')
        show(editor, "\n", 1);
    else if (byte == '\t')
        show(editor, " ", 1);
    else if (is_control(byte))
        show(editor, caret, 2);
    else
        show(editor, &byte, 1);
}

static void append(const struct editor *editor, char byte)
{
    struct line *line = editor->line;

    /* The last place is for the NL. */
    if (line->length == LINE_SIZE - (byte == '\n' ? 0 : 1)) {
        show(editor, "\a", 1);
        return;
    }
    line->text[line->length++] = byte;
    show_byte(editor, byte);
}

/* Erases the last character, on the screen too. */
static void erase_character(const struct editor *editor)
{
    struct line *line = editor->line;
    char byte;

    if (line->length == line->taken)
        return;
    do {
        byte = line->text[--line->length];
        for (int i = 0; i < width(byte); i++)
            show(editor, "\b \b", 3);
    } while (is_continuation(byte) && line->length > line->taken);
}

static bool ends_in_blank(const struct line *line)
{
    char last = line->text[line->length - 1];

    return last == ' ' || last == '\t';
}

static void erase_word(const struct editor *editor)
{
    const struct line *line = editor->line;

    while (line->length > line->taken && ends_in_blank(line))
        erase_character(editor);
    while (line->length > line->taken && !ends_in_blank(line))
        erase_character(editor);
}

static void erase_line(const struct editor *editor)
{
    while (editor->line->length > editor->line->taken)
        erase_character(editor);
}

static void reprint(const struct editor *editor)
{
    const struct line *line = editor->line;

    show(editor, "^R\n", 3);
    for (size_t i = line->taken; i < line->length; i++)
        show_byte(editor, line->text[i]);
}

static enum line_event complete(struct line *line)
{
    line->complete = true;
    return LINE_COMPLETE;
}

static enum line_event edit(const struct editor *editor, char byte)
{
    switch (byte) {
    case '\n':
        append(editor, '\n');
        return complete(editor->line);
    case CONTROL_D:
        return complete(editor->line);
    case CONTROL_H:
    case CONTROL_DELETE:
        erase_character(editor);
        return LINE_NOTHING;
    case CONTROL_W:
        erase_word(editor);
        return LINE_NOTHING;
    case CONTROL_U:
        erase_line(editor);
        return LINE_NOTHING;
    case CONTROL_R:
        reprint(editor);
        return LINE_NOTHING;
    default:
        append(editor, byte);
        return LINE_NOTHING;
    }
}

enum line_event line_input(struct line *line, uint8_t byte, unsigned mode,
                           const struct line_screen *screen)
{
    struct editor editor = {.line = line, .screen = screen, .echo = (mode & TTY_ECHO) != 0};

    if ((mode & TTY_SIGNALS) != 0 && byte == CONTROL_C) {
        line_clear(line);
        return LINE_INTERRUPT;
    }
    if ((mode & TTY_SIGNALS) != 0 && byte == CONTROL_T)
        return LINE_STATUS;
    /* The return key sends CR. */
    return edit(&editor, byte == '\r' ? '\n' : (char)byte);
}

size_t line_peek(const struct line *line, const char **text)
{
    *text = line->text + line->taken;
    return line->length - line->taken;
}

void line_drop(struct line *line, size_t count)
{
    line->taken += count;
    if (line->taken == line->length)
        line_clear(line);
}

void line_clear(struct line *line)
{
    line->length = 0;
    line->taken = 0;
    line->complete = false;
}
