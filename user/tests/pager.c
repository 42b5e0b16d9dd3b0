/* pager.c - memory whose pages a pager supplies: contents, sharing, copies, buffers, and pagers
 * that lie or die. */
#include <octavo/pager.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/paging.h"
#include "tests/lib/tap.h"

enum { PAGES = 16, WORDS = PAGE / sizeof(uint64_t) };

static struct paging paging;

static void start(enum paging_manner manner, uint64_t range)
{
    paging = (struct paging){.manner = manner, .pages = PAGES, .range = range};
    paging_start(&paging);
}

static uint64_t *map_all(uint32_t flags) { return paging_map(&paging, flags); }

static void stop(void *mapped)
{
    if (mapped != NULL)
        unmap_pages(mapped, paging.pages * PAGE);
    paging_stop(&paging);
}

static void check_all(const uint64_t *pages)
{
    for (uint64_t i = 0; i < PAGES; i++)
        paging_check(pages + i * WORDS, i);
}

/* ---- pages ---- */

static void test_contents_are_the_pagers(void)
{
    start(PAGING_COPIES, 1);
    uint64_t *shared = map_all(MAP_READ | MAP_SHARE), *copied = map_all(MAP_READ);
    check_all(shared);
    CHECK_EQUAL(paging.counts->asked, PAGES);
    check_all(copied); /* the pages are there */
    CHECK_EQUAL(paging.counts->asked, PAGES);
    CHECK_EQUAL(paging.counts->writes, 0);
    CHECK_EQUAL(paging.counts->reply, 0);
    unmap_pages(copied, PAGES * PAGE);
    stop(shared);
}

/* A page far inside a large object costs no more than the way to it. */
static void test_large_object_is_sparse(void)
{
    paging = (struct paging){.manner = PAGING_COPIES, .pages = 1 << 20, .range = 1};
    paging_start(&paging);
    uint64_t *pages = map_all(MAP_READ | MAP_SHARE);
    for (uint64_t page = 1; page < paging.pages; page *= 4)
        paging_check(pages + page * WORDS, page);
    paging_check(pages + (paging.pages - 1) * WORDS, paging.pages - 1);
    CHECK_EQUAL(paging.counts->asked, 11);
    stop(pages);
}

static void test_range_comes_at_once(void)
{
    start(PAGING_COPIES, 5);
    uint64_t *pages = map_all(MAP_READ | MAP_SHARE);
    check_all(pages);
    CHECK_EQUAL(paging.counts->asked, 4); /* 5, 5, 5, and the last one */
    stop(pages);
}

static void test_given_pages_move(void)
{
    start(PAGING_GIVES, 4);
    uint64_t *pages = map_all(MAP_WRITE | MAP_SHARE);
    check_all(pages);
    CHECK_EQUAL(paging.counts->asked, 4);
    CHECK_EQUAL(paging.counts->reply, 0);
    struct process_info info = {0};
    process_info(HANDLE_SELF, paging.pid, &info);
    uint64_t before = info.pages;
    uint64_t *more = map_all(MAP_READ);
    check_all(more);
    process_info(HANDLE_SELF, paging.pid, &info);
    CHECK_EQUAL(info.pages, before);
    unmap_pages(more, PAGES * PAGE);
    stop(pages);
}

/* ---- sharing and copies ---- */

static uint64_t *shared, *copied;

static void change_both(void *unused)
{
    (void)unused;
    check_all(shared);
    check_all(copied);
    for (uint64_t i = 0; i < PAGES; i++) {
        shared[i * WORDS] = i;
        copied[i * WORDS + 1] = 99;
    }
}

static void test_two_processes_share_pages(void)
{
    start(PAGING_COPIES, 1);
    shared = map_all(MAP_WRITE | MAP_SHARE);
    copied = map_all(MAP_WRITE);
    paging_check(shared, 0);
    copied[2 * WORDS + 2] = paging_word(2, 2); /* this one is the parent's own */
    tap_join(tap_fork(change_both, NULL));
    for (uint64_t i = 0; i < PAGES; i++) {
        CHECK_EQUAL(shared[i * WORDS], i);
        CHECK_EQUAL(shared[i * WORDS + 1], paging_word(i, 1));
        CHECK_EQUAL(copied[i * WORDS + 1], paging_word(i, 1)); /* not the child's */
    }
    CHECK_EQUAL(copied[2 * WORDS], paging_word(2, 0));
    CHECK_EQUAL(paging.counts->asked, PAGES);
    unmap_pages(copied, PAGES * PAGE);
    stop(shared);
}

static void test_private_mapping_copies(void)
{
    start(PAGING_COPIES, 1);
    uint64_t *first = map_all(MAP_WRITE), *second = map_all(MAP_WRITE);
    first[0] = 1;
    CHECK_EQUAL(first[1], paging_word(0, 1));
    paging_check(second, 0);
    second[WORDS] = 2;
    paging_check(first + WORDS, 1);
    CHECK_EQUAL(paging.counts->asked, 2);
    CHECK_EQUAL(paging.counts->writes, 0); /* the object's pages stay as they are */
    unmap_pages(first, PAGES * PAGE);
    stop(second);
}

static void test_pager_hears_when_nobody_has_the_object(void)
{
    start(PAGING_COPIES, 1);
    /* The pager's own handle counts, too. */
    uint64_t *pages = map_all(MAP_READ | MAP_SHARE);
    int port = (int)port_create();
    int memory = (int)memory_create_paged(PAGE, port, 5);
    struct mapping mapping = {.length = PAGE, .flags = MAP_READ, .memory = memory};
    uint64_t address = (uint64_t)vm_map(HANDLE_SPACE, &mapping);
    handle_close(memory);
    vm_unmap(HANDLE_SPACE, address, PAGE);
    struct message m = {0};
    CHECK_EQUAL(message_recv(port, &m), 0);
    CHECK_EQUAL(m.label, MESSAGE_CLOSED);
    CHECK_EQUAL(m.badge, 5);
    handle_close(port);
    CHECK_EQUAL(paging.counts->closed, 0);
    stop(pages);
}

/* ---- buffers ---- */

static long copy_buffer(struct message *request, struct message *reply)
{
    static uint64_t words[3 * WORDS];
    (void)reply;
    if (request->label == 1) {
        long result = ipc_read(request->token, 0, words, sizeof words);
        for (size_t i = 0; result >= 0 && i < 3; i++)
            result = paging_check(words + i * WORDS, i + 2) ? result : -E_IO;
        return result;
    }
    memset(words, 0x5a, sizeof words);
    return ipc_write(request->token, 0, words, sizeof words);
}

static void test_message_buffers_are_brought_in(void)
{
    int port = (int)port_create(), channel = (int)channel_create(port, 1);
    int server = serve(port, copy_buffer);
    start(PAGING_COPIES, 1);
    uint64_t *pages = map_all(MAP_WRITE | MAP_SHARE);
    struct message m = {.label = 1, .buffer = pages + 2 * WORDS, .length = (3 * PAGE) | BUFFER_IN};
    CHECK_EQUAL(message_call(channel, &m), 3 * PAGE);
    CHECK_EQUAL(paging.counts->asked, 3);
    m = (struct message){
        .label = 2, .buffer = pages + 8 * WORDS + 8, .length = (3 * PAGE) | BUFFER_OUT};
    CHECK_EQUAL(message_call(channel, &m), 3 * PAGE);
    CHECK_EQUAL(paging.counts->asked, 7); /* it begins inside a page */
    CHECK_EQUAL(paging.counts->writes, 4);
    CHECK_EQUAL(pages[8 * WORDS + 7], paging_word(8, 7));
    CHECK_EQUAL(pages[8 * WORDS + 8], 0x5a5a5a5a5a5a5a5a);
    CHECK_EQUAL(pages[11 * WORDS + 7], 0x5a5a5a5a5a5a5a5a);
    CHECK_EQUAL(pages[11 * WORDS + 8], paging_word(11, 8));
    stop(pages);
    tap_kill(server);
    handle_close(channel);
    handle_close(port);
}

static void test_system_calls_wait_for_their_pages(void)
{
    start(PAGING_COPIES, 1);
    char *pages = paging_map(&paging, MAP_WRITE | MAP_SHARE);
    struct memory_info *info = (struct memory_info *)(pages + PAGE - 8); /* over an edge */
    CHECK_EQUAL(memory_info(paging.memory, info), 0);
    CHECK_EQUAL(info->size, PAGES * PAGE);
    CHECK_EQUAL(paging.counts->asked, 2);
    CHECK_EQUAL(futex_wake((uint32_t *)(pages + 3 * PAGE), 1), 0);
    CHECK_EQUAL(futex_wait((uint32_t *)(pages + 4 * PAGE), 0, 0), -E_AGAIN);
    CHECK_EQUAL(paging.counts->asked, 4);
    struct vm_area area;
    CHECK(vm_query(HANDLE_SELF, 0, (uintptr_t)pages, &area) > 0);
    CHECK_EQUAL(area.resident, 4);
    CHECK_EQUAL(area.length, PAGES * PAGE);
    stop(pages);
}

/* ---- lies and death ---- */

static void read_page(void *page) { (void)*(volatile uint64_t *)page; }

static void pass_page(void *page) { memory_info(paging.memory, page); }

static void check_died(int pid)
{
    int status = tap_wait(pid);
    CHECK(WIFSIGNALED(status));
    CHECK_EQUAL(WTERMSIG(status), DEATH_MEMORY);
}

static void check_lie(enum paging_manner manner)
{
    start(manner, 1);
    uint64_t *pages = map_all(MAP_WRITE | MAP_SHARE);
    int client = tap_fork(read_page, pages + 3 * WORDS);
    check_died(client);
    const bool dead = manner == PAGING_DIES;
    const bool told = !dead && manner != PAGING_REFUSES && manner != PAGING_HANDLE;
    check_died(tap_fork(pass_page, pages + 5 * WORDS)); /* as a system call's buffer */
    CHECK_EQUAL(paging.counts->asked, dead ? 1 : 2);
    CHECK_EQUAL(paging.counts->reply < 0, told); /* of the first, at least */
    if (dead) {
        tap_wait(paging.pid);
        paging.pid = 0;
    }
    stop(pages);
}

static void test_liars_cost_their_clients(void)
{
    for (int manner = PAGING_UNMAPPED; manner <= PAGING_DIES; manner++)
        check_lie((enum paging_manner)manner);
}

static void test_pager_dies_with_callers(void)
{
    start(PAGING_SILENT, 1);
    uint64_t *pages = map_all(MAP_WRITE | MAP_SHARE);
    int first = tap_fork(read_page, pages), second = tap_fork(pass_page, pages);
    thread_reaches(first, 0, THREAD_REPLY);
    thread_reaches(second, 0, THREAD_REPLY);
    tap_kill(paging.pid);
    paging.pid = 0;
    check_died(first);
    check_died(second);
    stop(pages);
}

/* Nobody can receive any more: who waits in the queue, and who comes later. */
static void test_port_closes_with_callers(void)
{
    int port = (int)port_create();
    int memory = (int)memory_create_paged(PAGES * PAGE, port, 0);
    struct mapping mapping = {.length = PAGES * PAGE, .flags = MAP_READ, .memory = memory};
    uint64_t *pages = (uint64_t *)(uintptr_t)vm_map(HANDLE_SPACE, &mapping);
    int keeper = fork();
    if (keeper == 0) {
        clock_sleep(DEADLINE_NONE);
        _exit(1);
    }
    handle_close(port);
    int client = tap_fork(read_page, pages);
    thread_reaches(client, 0, THREAD_CALLING);
    tap_kill(keeper);
    check_died(client);
    check_died(tap_fork(read_page, pages));
    unmap_pages(pages, PAGES * PAGE);
    handle_close(memory);
}

static void test_reply_to_the_dead_fails(void)
{
    int port = (int)port_create();
    int memory = (int)memory_create_paged(PAGES * PAGE, port, 0);
    struct mapping mapping = {.length = PAGES * PAGE, .flags = MAP_READ, .memory = memory};
    uint64_t *pages = (uint64_t *)(uintptr_t)vm_map(HANDLE_SPACE, &mapping);
    int client = tap_fork(read_page, pages);
    struct message m = {0},
                   reply = {.word = {(uintptr_t)map_pages(PAGE, MAP_WRITE), 1, PAGER_COPY}};
    char byte;
    CHECK_EQUAL(message_recv(port, &m), 0);
    CHECK_EQUAL(m.label, MESSAGE_PAGER | PAGER_IN);
    CHECK_EQUAL(ipc_read(m.token, 0, &byte, 1), -E_PERM); /* it has no buffer */
    tap_kill(client);
    CHECK_EQUAL(message_reply(m.token, 0, &reply), -E_SRCH);
    unmap_pages((void *)(uintptr_t)reply.word[0], PAGE);
    unmap_pages(pages, PAGES * PAGE);
    handle_close(memory);
    handle_close(port);
}

static void test_object_refusals(void)
{
    int port = (int)port_create();
    int deaf = (int)handle_dup(port, DUP_LOWEST, RIGHT_DUP, 0);
    CHECK_EQUAL(memory_create_paged(PAGE, deaf, 0), -E_PERM);
    CHECK_EQUAL(memory_create_paged(PAGE, HANDLE_SELF, 0), -E_BADF);
    CHECK_EQUAL(memory_create_paged(0, port, 0), -E_INVAL);
    CHECK_EQUAL(memory_create_paged(UINT64_MAX, port, 0), -E_INVAL);
    int memory = (int)memory_create_paged(PAGES * PAGE, port, 0);
    int other = (int)memory_create(PAGE, MEMORY_ANONYMOUS, HANDLE_NONE);
    int weak = (int)handle_dup(memory, DUP_LOWEST, RIGHT_DUP | RIGHT_MAP, 0);
    struct mapping all = {
        .length = PAGE, .flags = MAP_READ | MAP_POPULATE | MAP_SHARE, .memory = memory};
    CHECK_EQUAL(vm_map(HANDLE_SPACE, &all), -E_INVAL);
    CHECK_EQUAL(memory_evict(other, 0, 1, NULL, 0).value, -E_INVAL);
    CHECK_EQUAL(memory_evict(weak, 0, 1, NULL, 0).value, -E_PERM);
    CHECK_EQUAL(memory_evict(memory, 0, 0, NULL, 0).value, -E_INVAL);
    CHECK_EQUAL(memory_evict(memory, 0, PAGER_PAGES_MAX + 1, NULL, 0).value, -E_INVAL);
    CHECK_EQUAL(memory_evict(memory, 0, 1, NULL, 2).value, -E_INVAL);
    CHECK_EQUAL(memory_evict(memory, PAGES - 1, 2, NULL, 0).value, -E_RANGE);
    CHECK_EQUAL(memory_evict(memory, UINT64_MAX, 2, NULL, 0).value, -E_RANGE);
    CHECK_EQUAL(memory_evict(memory, 0, PAGES, NULL, 0).value, 0); /* there is nothing */
    handle_close(weak);
    handle_close(other);
    handle_close(memory);
    handle_close(deaf);
    handle_close(port);
}

static const struct tap_test tests[] = {
    {"pager_contents_are_the_pagers", test_contents_are_the_pagers, 0},
    {"pager_large_object_is_sparse", test_large_object_is_sparse, 0},
    {"pager_range_comes_at_once", test_range_comes_at_once, 0},
    {"pager_given_pages_move", test_given_pages_move, 0},
    {"pager_two_processes_share_pages", test_two_processes_share_pages, 0},
    {"pager_private_mapping_copies", test_private_mapping_copies, 0},
    {"pager_hears_when_nobody_has_the_object", test_pager_hears_when_nobody_has_the_object, 0},
    {"pager_message_buffers_are_brought_in", test_message_buffers_are_brought_in, 0},
    {"pager_system_calls_wait_for_their_pages", test_system_calls_wait_for_their_pages, 0},
    {"pager_liars_cost_their_clients", test_liars_cost_their_clients, 0},
    {"pager_dies_with_callers", test_pager_dies_with_callers, 0},
    {"pager_port_closes_with_callers", test_port_closes_with_callers, 0},
    {"pager_reply_to_the_dead_fails", test_reply_to_the_dead_fails, 0},
    {"pager_object_refusals", test_object_refusals, 0},
};

int main(int argc, char **argv) { return tap_main(argc, argv, tests, TAP_COUNT(tests)); }
