/* input.c - from typed bytes to readers.
 *
 * Bytes pass `typed` and then, in canonical mode, `line`. A raw reader takes first what `line` has
 * left. A byte is dropped only when a reader has it, so a reader that died costs none. Such readers
 * are weeded out before their queue grows: it is never longer than twice the threads that live.
 */
#include "input.h"

#include <octavo/ipc.h>

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "line.h"
#include "output.h"
#include "proto/tty.h"
#include "report.h"
#include "ring.h"
#include "uart.h"

struct reader {
    STAILQ_ENTRY(reader) link;
    uint64_t token, length;
};

STAILQ_HEAD(readers, reader);

static struct readers readers = STAILQ_HEAD_INITIALIZER(readers);
static unsigned waiting, weed_at = 16;
static struct ring typed;
static struct line line;
static unsigned mode = TTY_COOKED;
static int foreground = HANDLE_NONE;

static void show(const struct line_screen *screen, const char *text, size_t length)
{
    (void)screen;
    output_show(text, length);
}

static const struct line_screen screen = {.show = show};

/* ---- keys that act ---- */

static void interrupt(void)
{
    if ((mode & TTY_ECHO) != 0)
        output_show("^C\n", 3);
    if (foreground != HANDLE_NONE)
        (void)process_kill(foreground, 0, SIGINT | KILL_TREE); /* it may be dead already */
}

/* Does the key act when it comes, not when it is read? An interrupt does while there is a job to
 * interrupt. */
static bool acts_at_once(uint8_t byte)
{
    if ((mode & TTY_SIGNALS) == 0)
        return false;
    return byte == CONTROL_T || (byte == CONTROL_C && foreground != HANDLE_NONE);
}

static void act(uint8_t byte)
{
    if (byte == CONTROL_T) {
        report_threads();
        return;
    }
    line_clear(&line);
    interrupt();
}

/* When the mode or the foreground job has changed: a key that came too early to act, in front of
 * all others. It is not too late. */
static void act_on_first(void)
{
    const uint8_t *first;

    while (ring_peek(&typed, &first) > 0 && acts_at_once(*first))
        act(ring_get(&typed));
}

static void receive(void)
{
    static bool bell_has_rung;
    uint8_t byte;

    if (ring_count(&typed) == 0)
        bell_has_rung = false;
    while (ring_room(&typed) > 0 && uart_get(&byte)) {
        if (!acts_at_once(byte)) {
            ring_put(&typed, byte);
            continue;
        }
        if (byte == CONTROL_C)
            ring_clear(&typed); /* it makes forgotten what was typed before it */
        act(byte);
    }
    if (ring_room(&typed) == 0 && !bell_has_rung) {
        output_show("\a", 1);
        bell_has_rung = true;
    }
}

/* ---- readers ---- */

static void answer(uint64_t token, long status)
{
    static const struct message nothing;

    (void)message_reply(token, status, &nothing); /* it may have died */
}

static void remove_reader(struct reader *reader)
{
    STAILQ_REMOVE(&readers, reader, reader, link);
    free(reader);
    waiting--;
}

/* A token can be tried without harm: nothing is written to a caller that lives. */
static bool is_gone(const struct reader *reader)
{
    return ipc_write(reader->token, 0, "", 0) == -E_SRCH;
}

static void weed_readers(void)
{
    struct reader *reader, *next;

    for (reader = STAILQ_FIRST(&readers); reader != NULL; reader = next) {
        next = STAILQ_NEXT(reader, link);
        if (is_gone(reader))
            remove_reader(reader);
    }
    weed_at = waiting > 8 ? 2 * waiting : 16;
}

/* The first reader that lives, or NULL. */
static struct reader *first_reader(void)
{
    struct reader *reader;

    while ((reader = STAILQ_FIRST(&readers)) != NULL && is_gone(reader))
        remove_reader(reader);
    return reader;
}

/* Gives the reader up to `count` bytes and lets it go. -> how many it has taken. */
static size_t serve(struct reader *reader, const void *bytes, size_t count)
{
    if (count > reader->length)
        count = (size_t)reader->length;
    long status = ipc_write(reader->token, 0, bytes, count);
    answer(reader->token, status);
    remove_reader(reader);
    return status > 0 ? (size_t)status : 0;
}

/* Edits the line until it is complete, or until an interrupt, which may have killed the reader.
 * False: more must be typed. */
static bool edit_line(void)
{
    while (!line.complete && ring_count(&typed) > 0) {
        switch (line_input(&line, ring_get(&typed), mode, &screen)) {
        case LINE_INTERRUPT:
            interrupt();
            return true;
        case LINE_STATUS:
            report_threads();
            break;
        case LINE_NOTHING:
        case LINE_COMPLETE:
            break;
        }
    }
    return line.complete;
}

/* False: there is no line yet. */
static bool serve_line(struct reader *reader)
{
    const char *text;

    if (!edit_line())
        return false;
    if (!line.complete)
        return true;
    size_t count = line_peek(&line, &text);
    size_t taken = serve(reader, text, count);
    if (taken > 0 || count == 0)
        line_drop(&line, taken);
    return true;
}

/* What the line editor has left comes first. False: there is nothing yet. */
static bool serve_raw(struct reader *reader)
{
    const char *text;
    const uint8_t *bytes;
    size_t count = line_peek(&line, &text);

    if (count > 0) {
        line_drop(&line, serve(reader, text, count));
        return true;
    }
    line_clear(&line); /* an end of file means nothing here */
    count = ring_peek(&typed, &bytes);
    if (count == 0)
        return false;
    size_t taken = serve(reader, bytes, count);
    if ((mode & TTY_ECHO) != 0)
        output_show((const char *)bytes, taken);
    ring_drop(&typed, taken);
    return true;
}

static void serve_readers(void)
{
    struct reader *reader;

    while ((reader = first_reader()) != NULL) {
        bool served = (mode & TTY_CANONICAL) != 0 ? serve_line(reader) : serve_raw(reader);

        if (!served)
            return;
    }
}

enum error input_read(uint64_t token, uint64_t length)
{
    if (waiting >= weed_at)
        weed_readers();
    struct reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return E_NOMEM;
    reader->token = token;
    reader->length = length;
    STAILQ_INSERT_TAIL(&readers, reader, link);
    waiting++;
    input_pump();
    return E_OK;
}

void input_pump(void)
{
    receive();
    serve_readers();
    uart_accept_input(ring_room(&typed) > 0);
}

unsigned input_mode(void) { return mode; }

void input_set_mode(unsigned bits)
{
    mode = bits;
    act_on_first();
    input_pump();
}

void input_set_foreground(int process)
{
    if (foreground != HANDLE_NONE)
        (void)handle_close(foreground);
    foreground = process;
    act_on_first();
}
