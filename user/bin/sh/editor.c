/* editor.c - edits one line on a terminal. Invariant: left <= cursor <= line.length, and all three
 * stand at the beginning of a character.
 */
#include "editor.h"

#include <stdio.h>
#include <string.h>

enum { LISTING_GAP = 2 /* columns between names */ };

/* ---- characters and columns ------------------------------------------------------------------ */

static bool byte_continues(char byte) { return ((unsigned char)byte & 0xc0) == 0x80; }

static size_t character_before(const struct text *line, size_t at)
{
    do {
        at--;
    } while (at > 0 && byte_continues(line->bytes[at]));
    return at;
}

static size_t character_after(const struct text *line, size_t at)
{
    do {
        at++;
    } while (at < line->length && byte_continues(line->bytes[at]));
    return at;
}

/* Columns of the bytes from `from` up to `to`. */
static size_t width(const char *bytes, size_t from, size_t to)
{
    size_t columns = 0;

    for (; from < to; from++)
        columns += !byte_continues(bytes[from]);
    return columns;
}

/* Columns for the line: behind the prompt, and without the last, where terminals differ. */
static size_t room(const struct editor *editor)
{
    size_t taken = strlen(editor->prompt) + 1;

    return editor->columns > taken ? editor->columns - taken : 1;
}

/* ---- showing --------------------------------------------------------------------------------- */

/* Chooses `left` so that the cursor is seen; jumps by half a line, so that this is rare. */
static void editor_scroll(struct editor *editor)
{
    const char *bytes = text_string(&editor->line);

    if (editor->cursor < editor->left ||
        width(bytes, editor->left, editor->cursor) > room(editor)) {
        editor->left = editor->cursor;
        for (size_t i = 0; i < room(editor) / 2 && editor->left > 0; i++)
            editor->left = character_before(&editor->line, editor->left);
    }
}

/* The first byte that no longer fits. */
static size_t shown_end(const struct editor *editor)
{
    size_t end = editor->left;

    for (size_t column = 0; end < editor->line.length && column < room(editor); column++)
        end = character_after(&editor->line, end);
    return end;
}

static void editor_draw(struct editor *editor)
{
    const char *bytes = text_string(&editor->line);
    char move[32];

    editor_scroll(editor);
    text_append(&editor->output, "\r");
    text_append(&editor->output, editor->prompt);
    text_insert(&editor->output, editor->output.length, bytes + editor->left,
                shown_end(editor) - editor->left);
    text_append(&editor->output, "\x1b[K\r"); /* EL: erase the rest of the row */
    snprintf(move, sizeof move, "\x1b[%zuC",  /* CUF: columns to the right */
             strlen(editor->prompt) + width(bytes, editor->left, editor->cursor));
    text_append(&editor->output, move);
}

static void editor_ring(struct editor *editor) { text_add(&editor->output, '\a'); }

/* ---- changing -------------------------------------------------------------------------------- */

static void editor_insert(struct editor *editor, const char *bytes, size_t length)
{
    bool at_end = editor->cursor == editor->line.length;

    if (editor->line.length + length > LINE_LIMIT) {
        editor_ring(editor);
        return;
    }
    text_insert(&editor->line, editor->cursor, bytes, length);
    editor->cursor += length;
    if (at_end && width(editor->line.bytes, editor->left, editor->cursor) <= room(editor))
        text_insert(&editor->output, editor->output.length, bytes, length);
    else
        editor_draw(editor);
}

/* Removes the bytes from `from` up to `to` and puts the cursor there. */
static void editor_remove(struct editor *editor, size_t from, size_t to)
{
    text_remove(&editor->line, from, to - from);
    editor->cursor = from;
    editor_draw(editor);
}

static void editor_move(struct editor *editor, size_t to)
{
    editor->cursor = to;
    editor_draw(editor);
}

/* Where the word before the cursor begins. */
static size_t word_start(const struct editor *editor)
{
    size_t at = editor->cursor;

    while (at > 0 && editor->line.bytes[at - 1] == ' ')
        at--;
    while (at > 0 && editor->line.bytes[at - 1] != ' ')
        at--;
    return at;
}

/* ---- history --------------------------------------------------------------------------------- */

static void editor_recall(struct editor *editor, size_t number)
{
    const struct history *history = editor->history;

    if (history == NULL || number > history->count) {
        editor_ring(editor);
        return;
    }
    if (editor->recalled == history->count)
        text_set(&editor->draft, text_string(&editor->line));
    editor->recalled = number;
    text_set(&editor->line,
             number == history->count ? text_string(&editor->draft) : history->lines[number]);
    editor->left = 0;
    editor_move(editor, editor->line.length);
}

/* ---- completion ------------------------------------------------------------------------------ */

static void completion_list(struct editor *editor, const struct completion *completion)
{
    size_t widest = 0, in_row = 0, per_row;

    for (size_t i = 0; i < completion->count; i++) {
        size_t length = strlen(completion->names[i]) - completion->shown_from;

        widest = length > widest ? length : widest;
    }
    per_row = editor->columns / (widest + LISTING_GAP);
    for (size_t i = 0; i < completion->count; i++) {
        const char *name = completion->names[i] + completion->shown_from;

        text_append(&editor->output, in_row == 0 ? "\r\n" : "");
        text_append(&editor->output, name);
        in_row = in_row + 1 < per_row ? in_row + 1 : 0;
        for (size_t gap = strlen(name); in_row != 0 && gap < widest + LISTING_GAP; gap++)
            text_add(&editor->output, ' ');
    }
    text_append(&editor->output, "\r\n");
    editor_draw(editor);
}

/* Adds what all names share; a single name is complete, unless it is a folder. */
static void completion_apply(struct editor *editor, const struct completion *completion,
                             size_t prefix_length)
{
    size_t common = completion_common_length(completion);
    const char *name = completion->names[0];

    if (common > prefix_length)
        editor_insert(editor, name + prefix_length, common - prefix_length);
    if (completion->count == 1 && name[common - 1] != '/')
        editor_insert(editor, " ", 1);
    else if (completion->count > 1 && common == prefix_length)
        completion_list(editor, completion);
}

static void editor_complete(struct editor *editor)
{
    struct completion completion = {0};
    const char *line = text_string(&editor->line);
    struct completion_word word = completion_find_word(line, editor->cursor);
    size_t prefix_length = editor->cursor - word.start;
    char *prefix = arena_copy(&completion.arena, line + word.start, prefix_length);

    if (editor->complete != NULL)
        editor->complete(editor->complete_context, prefix, word.is_command, &completion);
    if (completion.count == 0 || completion.names[0][0] == '\0')
        editor_ring(editor);
    else
        completion_apply(editor, &completion, prefix_length);
    completion_free(&completion);
}

/* ---- keys ------------------------------------------------------------------------------------ */

void editor_start(struct editor *editor, const char *prompt, size_t columns)
{
    text_clear(&editor->line);
    text_clear(&editor->draft);
    editor->cursor = 0;
    editor->left = 0;
    editor->columns = columns;
    editor->prompt = prompt;
    editor->recalled = editor->history == NULL ? 0 : editor->history->count;
    text_append(&editor->output, prompt);
}

/* Keys that move the cursor. False if the key is none of them. */
static bool press_move(struct editor *editor, int key)
{
    size_t length = editor->line.length, at = editor->cursor;

    switch (key) {
    case KEY_LEFT:
    case KEY_CONTROL('B'):
        editor_move(editor, at == 0 ? 0 : character_before(&editor->line, at));
        return true;
    case KEY_RIGHT:
    case KEY_CONTROL('F'):
        editor_move(editor, at == length ? length : character_after(&editor->line, at));
        return true;
    case KEY_HOME:
    case KEY_CONTROL('A'):
        editor_move(editor, 0);
        return true;
    case KEY_END:
    case KEY_CONTROL('E'):
        editor_move(editor, length);
        return true;
    case KEY_UP:
    case KEY_CONTROL('P'):
        editor_recall(editor, editor->recalled - 1);
        return true;
    case KEY_DOWN:
    case KEY_CONTROL('N'):
        editor_recall(editor, editor->recalled + 1);
        return true;
    default:
        return false;
    }
}

/* Keys that remove something. False if the key is none of them. */
static bool press_remove(struct editor *editor, int key)
{
    size_t length = editor->line.length, at = editor->cursor;

    switch (key) {
    case KEY_CONTROL('H'):
    case 0x7f: /* what terminals send for Backspace */
        editor_remove(editor, at == 0 ? 0 : character_before(&editor->line, at), at);
        return true;
    case KEY_DELETE:
    case KEY_CONTROL('D'):
        editor_remove(editor, at, at == length ? at : character_after(&editor->line, at));
        return true;
    case KEY_CONTROL('K'):
        editor_remove(editor, at, length);
        return true;
    case KEY_CONTROL('U'):
        editor_remove(editor, 0, at);
        return true;
    case KEY_CONTROL('W'):
        editor_remove(editor, word_start(editor), at);
        return true;
    default:
        return false;
    }
}

static void press_other(struct editor *editor, int key)
{
    char byte = (char)key;

    if (key == KEY_CONTROL('L')) {
        text_append(&editor->output, "\x1b[H\x1b[2J"); /* CUP, ED: clear the screen */
        editor_draw(editor);
    } else if (key == KEY_CONTROL('R')) {
        editor_draw(editor);
    } else if (key == '\t') {
        editor_complete(editor);
    } else if (key >= ' ' && key < KEY_NONE) {
        editor_insert(editor, &byte, 1);
    }
}

enum edit_result editor_press(struct editor *editor, int key)
{
    if (key == '\r' || key == '\n') {
        text_append(&editor->output, "\r\n");
        return EDIT_LINE;
    }
    if (key == KEY_CONTROL('C')) {
        text_append(&editor->output, "^C\r\n");
        return EDIT_CANCEL;
    }
    if (key == KEY_CONTROL('D') && editor->line.length == 0) {
        text_append(&editor->output, "\r\n");
        return EDIT_END;
    }
    if (!press_move(editor, key) && !press_remove(editor, key))
        press_other(editor, key);
    return EDIT_MORE;
}

void editor_free(struct editor *editor)
{
    text_free(&editor->line);
    text_free(&editor->output);
    text_free(&editor->draft);
}
