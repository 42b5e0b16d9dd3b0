/* names.c - the name service.
 *
 * Two lists: names with a channel, and waiting callers. A caller that dies while it waits stays on
 * its list; before the list grows, such records are weeded out, so it is never longer than twice
 * the number of threads that live.
 */
#include "names.h"

#include <octavo/ipc.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "proto/name.h"

struct name {
    LIST_ENTRY(name) link;
    int channel; /* owned */
    char text[NAME_LENGTH_MAX + 1];
};

struct waiter {
    LIST_ENTRY(waiter) link;
    uint64_t token;
    char text[NAME_LENGTH_MAX + 1];
};

static LIST_HEAD(, name) names = LIST_HEAD_INITIALIZER(names);
static LIST_HEAD(, waiter) waiters = LIST_HEAD_INITIALIZER(waiters);
static unsigned waiting, weed_at = 16;

static struct name *find(const char *text)
{
    struct name *name;

    LIST_FOREACH(name, &names, link) {
        if (strcmp(name->text, text) == 0)
            return name;
    }
    return NULL;
}

int names_find(const char *text)
{
    struct name *name = find(text);

    return name != NULL ? name->channel : HANDLE_NONE;
}

/* A caller that died meanwhile needs no answer; one that has no room for the handle learns that. */
static void answer(uint64_t token, int channel)
{
    static const struct message nothing;
    struct message found = {.label = MESSAGE_COPY, .word = {0, 0, (uint64_t)channel}};
    long error = channel == HANDLE_NONE ? -(long)E_NOENT : message_reply(token, E_OK, &found);

    if (error != 0 && error != -E_SRCH)
        (void)message_reply(token, error, &nothing);
}

static void forget_waiter(struct waiter *waiter)
{
    LIST_REMOVE(waiter, link);
    free(waiter);
    waiting--;
}

static void answer_waiters(const char *text, int channel)
{
    struct waiter *waiter, *next;

    for (waiter = LIST_FIRST(&waiters); waiter != NULL; waiter = next) {
        next = LIST_NEXT(waiter, link);
        if (strcmp(waiter->text, text) == 0) {
            answer(waiter->token, channel);
            forget_waiter(waiter);
        }
    }
}

enum error names_register(const char *text, int channel)
{
    struct name *name = find(text);

    if (name != NULL) {
        handle_close(name->channel);
    } else {
        name = calloc(1, sizeof *name);
        if (name == NULL)
            return E_NOMEM;
        strcpy(name->text, text);
        LIST_INSERT_HEAD(&names, name, link);
    }
    name->channel = channel;
    answer_waiters(text, channel);
    return E_OK;
}

/* A token can be tried without harm: nothing is read from a caller that lives. */
static bool is_gone(uint64_t token)
{
    char nothing;

    return ipc_read(token, 0, &nothing, 0) == -E_SRCH;
}

static void weed_waiters(void)
{
    struct waiter *waiter, *next;

    for (waiter = LIST_FIRST(&waiters); waiter != NULL; waiter = next) {
        next = LIST_NEXT(waiter, link);
        if (is_gone(waiter->token))
            forget_waiter(waiter);
    }
}

enum error names_wait(const char *text, uint64_t token)
{
    if (waiting >= weed_at) {
        weed_waiters();
        weed_at = waiting > 8 ? 2 * waiting : 16;
    }
    struct waiter *waiter = calloc(1, sizeof *waiter);
    if (waiter == NULL)
        return E_NOMEM;
    waiter->token = token;
    strcpy(waiter->text, text);
    LIST_INSERT_HEAD(&waiters, waiter, link);
    waiting++;
    return E_OK;
}

void names_drop(const char *text)
{
    struct name *name = find(text);

    if (name != NULL) {
        LIST_REMOVE(name, link);
        handle_close(name->channel);
        free(name);
    }
    answer_waiters(text, HANDLE_NONE);
}
