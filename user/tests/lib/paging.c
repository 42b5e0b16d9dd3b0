/* paging.c - see paging.h. The pager's own state is what is in its memory when it is forked. */
#include "tests/lib/paging.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/help.h"

enum { WORDS = PAGE / sizeof(uint64_t), BADGE = 4711 };

static struct paging *self;
static uint64_t *store; /* SWAPS: all pages */
static bool *present;   /* SWAPS */
static uint64_t present_count, random_state;

static void fill(uint64_t *words, uint64_t page)
{
    for (uint64_t i = 0; i < WORDS; i++)
        words[i] = paging_word(page, i);
}

bool paging_check(const void *address, uint64_t page)
{
    const uint64_t *words = address;
    for (uint64_t i = 0; i < WORDS; i++)
        if (words[i] != paging_word(page, i))
            return CHECK_EQUAL(words[i], paging_word(page, i));
    return true;
}

static void *pages_for(uint64_t page, uint64_t count)
{
    uint64_t *pages = map_pages(count * PAGE, MAP_WRITE);
    for (uint64_t i = 0; i < count; i++)
        fill(pages + i * WORDS, page + i);
    return pages;
}

/* ---- SWAPS ---- */

static long evict(uint64_t first, uint64_t count)
{
    struct call_result result = memory_evict(self->memory, first, count, store + first * WORDS, 0);
    if (result.value < 0)
        return result.value;
    for (uint64_t i = first; i < first + count; i++) {
        present_count -= present[i];
        present[i] = false;
    }
    __atomic_fetch_add(&self->counts->evicted, (uint64_t)result.value, __ATOMIC_RELAXED);
    for (; result.second != 0; result.second &= result.second - 1)
        __atomic_fetch_add(&self->counts->dirty, 1, __ATOMIC_RELAXED);
    return result.value;
}

static uint64_t random_page(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (random_state >> 33) % self->pages;
}

static uint64_t *page_in(uint64_t page)
{
    while (present_count >= self->resident && !present[page]) {
        const uint64_t other = random_page();
        if (present[other])
            CHECK(evict(other, 1) >= 0); /* 0: whoever wanted it died */
    }
    present_count += !present[page];
    present[page] = true;
    return store + page * WORDS;
}

/* ---- the answer ---- */

static void answer_with(struct message *reply, const void *address, uint64_t count, uint64_t flags)
{
    reply->word[0] = (uintptr_t)address;
    reply->word[1] = count;
    reply->word[2] = flags;
}

static uint64_t range_from(uint64_t page)
{
    return self->range < self->pages - page ? self->range : self->pages - page;
}

static void lie(uint64_t page, struct message *reply, long *status)
{
    char *own = pages_for(page, 1);
    answer_with(reply, own, 1, PAGER_COPY);
    switch (self->manner) {
    case PAGING_UNMAPPED:
        unmap_pages(own, PAGE);
        break;
    case PAGING_UNALIGNED:
        reply->word[0] += 8;
        break;
    case PAGING_KERNEL:
        reply->word[0] = 0xffffffc000000000;
        break;
    case PAGING_SHORT:
        reply->word[1] = 0;
        break;
    case PAGING_LONG:
        reply->word[1] = self->pages - page + 1;
        break;
    case PAGING_TOO_MANY:
        reply->word[1] = PAGER_PAGES_MAX + 1;
        break;
    case PAGING_FLAGS:
        reply->word[2] = 17;
        break;
    case PAGING_REFUSES:
        *status = -E_IO;
        break;
    case PAGING_HANDLE:
        reply->label = MESSAGE_COPY;
        reply->word[2] = (uint64_t)self->port;
        break;
    case PAGING_GIVES_TEXT:
        answer_with(reply, (void *)((uintptr_t)pages_for & ~(uintptr_t)(PAGE - 1)), 1, PAGER_GIVE);
        break;
    case PAGING_GIVES_OTHER:
        answer_with(reply, self->counts, 1, PAGER_GIVE);
        break;
    default:
        _exit(0);
    }
}

/* Answers at once, to see what the kernel says of it. */
static void answer(const struct message *request, const struct message *reply, long status)
{
    long result = message_reply(request->token, status, reply);

    if (result < 0)
        self->counts->reply = result;
    if (self->manner == PAGING_COPIES)
        unmap_pages((void *)(uintptr_t)reply->word[0], reply->word[1] * PAGE);
}

/* Those that do not lie answer with their next recv, or at once; *reply is for the former, which
 * is true. */
static bool page_wanted(struct message *request, struct message *reply)
{
    const uint64_t page = request->word[0];
    const bool gives = self->manner == PAGING_GIVES;
    long status = 0;

    CHECK_EQUAL(request->badge, BADGE);
    CHECK_EQUAL(request->length, 0);
    __atomic_fetch_add(&self->counts->asked, 1, __ATOMIC_RELAXED);
    if (request->word[1] & PAGER_WRITE)
        __atomic_fetch_add(&self->counts->writes, 1, __ATOMIC_RELAXED);
    if (self->manner == PAGING_SILENT)
        return false;
    if (self->manner == PAGING_COPIES || gives)
        answer_with(reply, pages_for(page, range_from(page)), range_from(page),
                    gives ? PAGER_GIVE : PAGER_COPY);
    else if (self->manner == PAGING_SWAPS)
        answer_with(reply, page_in(page), 1, PAGER_COPY);
    else
        lie(page, reply, &status);
    if (gives || self->manner == PAGING_SWAPS)
        return true;
    answer(request, reply, status);
    return false;
}

static void serve_pages(void *unused)
{
    static const struct message nothing;
    struct message request = {0}, reply = {0};

    (void)unused;
    handle_close(self->channel);
    while (message_reply_recv(self->port, 0, &reply, &request) == 0) {
        bool later = false;
        reply = nothing;
        if (request.label == (MESSAGE_PAGER | PAGER_IN))
            later = page_wanted(&request, &reply);
        else if (request.label & MESSAGE_CLOSED)
            __atomic_fetch_add(&self->counts->closed, 1, __ATOMIC_RELAXED);
        else if (request.label == PAGING_EVICT)
            message_reply(request.token, evict(request.word[0], request.word[1]), &nothing);
        if (!later)
            request.token = 0;
    }
}

void paging_start(struct paging *paging)
{
    self = paging;
    paging->port = (int)port_create();
    paging->counts = map_shared(PAGE);
    paging->memory = (int)memory_create_paged(paging->pages * PAGE, paging->port, BADGE);
    CHECK(paging->port >= 0 && paging->memory >= 0);
    if (paging->manner == PAGING_SWAPS) {
        store = map_pages(paging->pages * PAGE, MAP_WRITE);
        present = map_pages(paging->pages, MAP_WRITE);
        present_count = 0;
        random_state = tap_random();
        for (uint64_t i = 0; i < paging->pages; i++)
            fill(store + i * WORDS, i);
    }
    paging->channel = (int)channel_create(paging->port, 1);
    paging->pid = tap_fork(serve_pages, NULL);
    handle_close(paging->port);
    if (paging->manner == PAGING_SWAPS) {
        unmap_pages(store, paging->pages * PAGE);
        unmap_pages(present, paging->pages);
    }
}

void paging_stop(struct paging *paging)
{
    if (paging->pid > 0)
        tap_kill(paging->pid);
    handle_close(paging->memory);
    handle_close(paging->channel);
    unmap_pages(paging->counts, PAGE);
}

void *paging_map(const struct paging *paging, uint32_t flags)
{
    struct mapping mapping = {
        .length = paging->pages * PAGE, .flags = flags, .memory = paging->memory};
    long address = vm_map(HANDLE_SPACE, &mapping);
    return CHECK(address > 0) ? (void *)(uintptr_t)address : NULL;
}
