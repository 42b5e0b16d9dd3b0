/* output.c - what goes to the screen, one thing after the other.
 *
 * Jobs stand in a queue and the first one alone feeds the device; so a write is never cut into by
 * another, however often it has to wait for room. A write leaves the bytes with its caller and
 * fetches what fits; should the caller die, what it has fetched goes out and the rest is gone.
 *
 * A write that does not fit at once rests: until the device is empty, and then a little longer. A
 * fast device would otherwise keep the console busy for as long as the write lasts, and programs of
 * lower priority, such as the shell that has yet to say whom Ctrl-C shall kill, would stand still.
 */
#include "output.h"

#include <octavo/ipc.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "uart.h"

enum { CHUNK_SIZE = 256 };

#define REST_NS 5000000ull

struct job {
    STAILQ_ENTRY(job) link;
    bool (*step)(struct job *job); /* goes on; true: all has been sent */
    uint64_t token;
    uint64_t length, position; /* bytes to send, sent */
    uint64_t argument;
    void (*done)(uint64_t token, uint64_t argument); /* called at the end, or NULL */
    char text[];                                     /* of the console's own */
};

static STAILQ_HEAD(, job) jobs = STAILQ_HEAD_INITIALIZER(jobs);
static char last_sent;

static int timer; /* an event */
static uint64_t timer_bits;
static enum { NOT_RESTING, RESTING_UNTIL_DRAINED, RESTING_UNTIL_TIMER } rest;

void output_init(int event, uint64_t bits)
{
    timer = event;
    timer_bits = bits;
}

/* Sends at most CHUNK_SIZE bytes, for twice as many of which there is room. */
static void send(const char *text, size_t length)
{
    char sent[2 * CHUNK_SIZE];
    size_t count = 0;

    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n' && last_sent != '\r')
            sent[count++] = '\r';
        sent[count++] = text[i];
        last_sent = text[i];
    }
    uart_put(sent, count);
}

/* How much of the job can be sent now. */
static size_t fitting(const struct job *job)
{
    size_t room = uart_room() / 2;
    uint64_t left = job->length - job->position;

    if (room > CHUNK_SIZE)
        room = CHUNK_SIZE;
    return left < room ? (size_t)left : room;
}

static void answer(uint64_t token, long status)
{
    static const struct message nothing;

    (void)message_reply(token, status, &nothing); /* it may have died */
}

static bool step_write(struct job *job)
{
    char chunk[CHUNK_SIZE];
    size_t length;

    while ((length = fitting(job)) > 0) {
        long result = ipc_read(job->token, job->position, chunk, length);

        if (result < 0) {
            answer(job->token, job->position > 0 ? (long)job->position : result);
            return true;
        }
        send(chunk, length);
        job->position += length;
    }
    if (job->position < job->length) {
        rest = RESTING_UNTIL_DRAINED;
        return false;
    }
    answer(job->token, (long)job->length);
    return true;
}

static bool step_show(struct job *job)
{
    size_t length;

    while ((length = fitting(job)) > 0) {
        send(job->text + job->position, length);
        job->position += length;
    }
    return job->position == job->length;
}

static bool step_drain(struct job *job)
{
    (void)job;
    return uart_is_drained();
}

/* -> a job at the end of the queue with room for `size` bytes of text, or NULL. */
static struct job *add_job(bool (*step)(struct job *), size_t size)
{
    struct job *job = calloc(1, sizeof *job + size);

    if (job != NULL) {
        job->step = step;
        STAILQ_INSERT_TAIL(&jobs, job, link);
    }
    return job;
}

enum error output_write(uint64_t token, uint64_t length)
{
    struct job *job = add_job(step_write, 0);

    if (job == NULL)
        return E_NOMEM;
    job->token = token;
    job->length = length;
    output_pump();
    return E_OK;
}

void output_show(const char *text, size_t length)
{
    struct job *job;

    if (STAILQ_EMPTY(&jobs) && length <= CHUNK_SIZE && uart_room() >= 2 * length) {
        send(text, length);
        return;
    }
    job = add_job(step_show, length);
    if (job == NULL)
        return;
    memcpy(job->text, text, length);
    job->length = length;
    output_pump();
}

enum error output_drain(uint64_t token, uint64_t argument,
                        void (*done)(uint64_t token, uint64_t argument))
{
    struct job *job = add_job(step_drain, 0);

    if (job == NULL)
        return E_NOMEM;
    job->token = token;
    job->argument = argument;
    job->done = done;
    output_pump();
    return E_OK;
}

void output_pump(void)
{
    struct job *job;

    if (rest == RESTING_UNTIL_DRAINED && uart_is_drained()) {
        rest = RESTING_UNTIL_TIMER;
        (void)event_timer(timer, timer_bits, clock_get() + REST_NS, 0);
    }
    while (rest == NOT_RESTING && (job = STAILQ_FIRST(&jobs)) != NULL && job->step(job)) {
        STAILQ_REMOVE_HEAD(&jobs, link);
        if (job->done != NULL)
            job->done(job->token, job->argument); /* may well queue more */
        free(job);
    }
}

void output_continue(void)
{
    rest = NOT_RESTING;
    output_pump();
}
