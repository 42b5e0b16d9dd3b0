/* source.c - reads command lines from a terminal, a file or a string. */
#include "source.h"

#include <octavo/handle.h>
#include <octavo/process_table.h>
#include <string.h>
#include <unistd.h>

#include "terminal.h"

/* ---- terminal -------------------------------------------------------------------------------- */

static void output_flush(struct text *output)
{
    const char *bytes = text_string(output);
    size_t left = output->length;

    while (left != 0) {
        ssize_t written = write(STDERR_FILENO, bytes, left);

        if (written <= 0)
            break; /* nobody sees it; what is typed still counts */
        bytes += written;
        left -= (size_t)written;
    }
    text_clear(output);
}

struct table_output {
    struct process_table_writer writer;
    struct text *output;
};

static void table_line(struct process_table_writer *writer, const char *line)
{
    struct table_output *table = (struct table_output *)writer;

    text_append(table->output, line);
    text_append(table->output, "\r\n");
}

/* Ctrl-T, which the console answers while a program runs and a raw terminal leaves to us: every
 * thread and whom it waits for. */
static void threads_show(struct source *source)
{
    struct table_output table = {{table_line}, &source->editor.output};

    text_append(&source->editor.output, "\r\n");
    process_table_write(HANDLE_SYSTEM, true, &table.writer);
    editor_press(&source->editor, KEY_CONTROL('R'));
}

/* Presses one key; the result says whether the line is finished. */
static enum edit_result terminal_press(struct source *source)
{
    unsigned char byte;

    /* One byte at a time: what was typed behind the line is for the programs that it starts. */
    if (read(STDIN_FILENO, &byte, 1) != 1)
        return EDIT_END;
    int key = key_decode(&source->keys, byte);
    if (key == KEY_CONTROL('T')) {
        threads_show(source);
        return EDIT_MORE;
    }
    return editor_press(&source->editor, key);
}

static enum source_result terminal_read(struct source *source, const char *prompt,
                                        struct text *text)
{
    struct editor *editor = &source->editor;
    enum edit_result result = EDIT_MORE;

    terminal_set_raw();
    editor_start(editor, prompt, terminal_columns());
    while (result == EDIT_MORE) {
        output_flush(&editor->output);
        result = terminal_press(source);
    }
    output_flush(&editor->output);
    terminal_set_cooked();
    if (result == EDIT_LINE) {
        history_add(editor->history, text_string(&editor->line));
        text_append(text, text_string(&editor->line));
        text_add(text, '\n');
        return SOURCE_LINE;
    }
    return result == EDIT_CANCEL ? SOURCE_CANCEL : SOURCE_END;
}

/* ---- file and string ------------------------------------------------------------------------- */

/* The next byte of the file, or -1. */
static int file_byte(struct source *source)
{
    if (source->used == source->filled) {
        ssize_t count = read(source->file, source->buffer, source->chunk);

        if (count <= 0)
            return -1;
        source->used = 0;
        source->filled = (size_t)count;
    }
    return (unsigned char)source->buffer[source->used++];
}

static enum source_result file_read(struct source *source, struct text *text)
{
    size_t before = text->length;
    int byte;

    do {
        byte = file_byte(source);
        if (byte > 0) /* a NUL cannot be part of a command */
            text_add(text, (char)byte);
    } while (byte >= 0 && byte != '\n');
    return text->length == before ? SOURCE_END : SOURCE_LINE;
}

static enum source_result string_read(struct source *source, struct text *text)
{
    size_t length = strcspn(source->string, "\n");

    if (*source->string == '\0')
        return SOURCE_END;
    length += source->string[length] == '\n';
    text_insert(text, text->length, source->string, length);
    source->string += length;
    return SOURCE_LINE;
}

enum source_result source_read(struct source *source, const char *prompt, struct text *text)
{
    switch (source->kind) {
    case SOURCE_TERMINAL:
        return terminal_read(source, prompt, text);
    case SOURCE_FILE:
        return file_read(source, text);
    default:
        return string_read(source, text);
    }
}

void source_close(struct source *source)
{
    editor_free(&source->editor);
    if (source->kind == SOURCE_FILE)
        close(source->file);
}
