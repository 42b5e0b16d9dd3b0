/* kept.c - memory that devices may write to. One list; the number of an object is init's handle. */
#include "kept.h"

#include <octavo/calls.h>

#include <stdlib.h>
#include <sys/queue.h>

struct kept {
    LIST_ENTRY(kept) link;
    int service;
    int handle;
};

static LIST_HEAD(, kept) all = LIST_HEAD_INITIALIZER(all);
static unsigned count;

enum error kept_add(int service, int handle, uint64_t *number)
{
    struct kept *kept = count < KEPT_MAX ? malloc(sizeof *kept) : NULL;

    if (kept == NULL)
        return count < KEPT_MAX ? E_NOMEM : E_NOSPC;
    kept->service = service;
    kept->handle = handle;
    LIST_INSERT_HEAD(&all, kept, link);
    count++;
    *number = (uint64_t)handle;
    return E_OK;
}

static void drop(struct kept *kept)
{
    LIST_REMOVE(kept, link);
    (void)handle_close(kept->handle);
    free(kept);
    count--;
}

enum error kept_drop(int service, uint64_t number)
{
    struct kept *kept;

    LIST_FOREACH(kept, &all, link) {
        if (kept->service == service && (uint64_t)kept->handle == number) {
            drop(kept);
            return E_OK;
        }
    }
    return E_NOENT;
}

void kept_drop_all(int service)
{
    struct kept *kept, *next;

    for (kept = LIST_FIRST(&all); kept != NULL; kept = next) {
        next = LIST_NEXT(kept, link);
        if (kept->service == service)
            drop(kept);
    }
}
