/* help.c - help.h. No state. */
#include "help.h"

#include <stdint.h>
#include <unistd.h>

void *map_pages(uint64_t length, uint32_t flags)
{
    struct mapping mapping = {.length = length, .flags = flags, .memory = HANDLE_NONE};
    long address = vm_map(HANDLE_SPACE, &mapping);
    return CHECK(address > 0) ? (void *)(uintptr_t)address : NULL;
}

void unmap_pages(void *address, uint64_t length)
{
    CHECK_EQUAL(vm_unmap(HANDLE_SPACE, (uintptr_t)address, length), 0);
}

enum {
    OWN_PAGES_MAX = 1024, /* of one mapping */
    STACK_BELOW = 16 * PAGE,
    STACK_ABOVE = 64 * PAGE,
};

/* Of a large mapping only what the stack may need soon. */
static void shrink_to_stack(struct vm_area *area)
{
    uint64_t here = (uintptr_t)__builtin_frame_address(0) & -(uint64_t)PAGE;
    uint64_t start = here - STACK_BELOW, end = here + STACK_ABOVE;
    if (start < area->address)
        start = area->address;
    if (end > area->address + area->length)
        end = area->address + area->length;
    area->length = start < end ? end - start : 0;
    area->address = start;
}

static void own_area(const struct vm_area *area)
{
    for (uint64_t offset = 0; offset < area->length; offset += PAGE) {
        uint32_t *word = (uint32_t *)(uintptr_t)(area->address + offset);
        if ((area->flags & (MAP_WRITE | MAP_SHARE)) == MAP_WRITE)
            __atomic_fetch_add(word, 0, __ATOMIC_RELAXED);
        else if ((area->flags & MAP_READ) != 0)
            __atomic_load_n(word, __ATOMIC_RELAXED);
    }
}

void own_pages(void)
{
    struct vm_area area;
    for (uint64_t next = 0; vm_query(HANDLE_SELF, 0, next, &area) > 0;) {
        next = area.address + area.length;
        if (area.length > (uint64_t)OWN_PAGES_MAX * PAGE)
            shrink_to_stack(&area);
        own_area(&area);
    }
}

/* What the parent shares with its hog. */
struct hog {
    uint32_t go;
    void (*body)(void *argument);
    void *argument;
};

static void wait_then_run(void *argument)
{
    struct hog *hog = argument;
    while (__atomic_load_n(&hog->go, __ATOMIC_ACQUIRE) == 0)
        thread_yield();
    hog->body(hog->argument);
}

uint64_t free_frames(void)
{
    struct system_memory memory = {0};
    CHECK(system_info(HANDLE_SYSTEM, INFO_MEMORY, &memory, sizeof memory) > 0);
    return memory.free_pages;
}

/* Most of what a child had comes back after the news of its end. */
static void wait_for_frames(uint64_t wanted)
{
    for (int tries = 0; tries < 500 && free_frames() < wanted; tries++)
        sleep_ms(2);
}

int run_hog(void (*body)(void *argument), void *argument)
{
    uint64_t before = free_frames();
    struct hog *hog = map_shared(PAGE);
    *hog = (struct hog){0, body, argument};
    int child = tap_fork(wait_then_run, hog);
    own_pages();
    __atomic_store_n(&hog->go, 1, __ATOMIC_RELEASE);
    int status = tap_wait(child);
    wait_for_frames(before - before / 8);
    unmap_pages(hog, PAGE);
    return status;
}

bool thread_reaches(int pid, int index, enum thread_state state)
{
    struct thread_info info = {.state = THREAD_STATES};
    for (int tries = 0; tries < 1000; tries++) {
        if (thread_info(HANDLE_SELF, pid, index, &info) == pid && info.state == (int)state)
            return true;
        sleep_ms(2);
    }
    return CHECK_EQUAL(info.state, state);
}

int start_thread(void (*entry)(void *argument), void *argument, void *stack, uint64_t size)
{
    uint64_t tp;
    __asm__("mv %0, tp" : "=r"(tp));
    int thread = (int)thread_create((uintptr_t)entry, ((uintptr_t)stack + size) & ~15ul,
                                    (uintptr_t)argument, tp);
    CHECK(thread >= 0);
    return thread;
}

int serve(int port, long (*handle)(struct message *request, struct message *reply))
{
    int pid = fork();
    if (pid != 0) {
        CHECK(pid > 0);
        return pid;
    }
    struct message request = {0}, reply = {0};
    long status = 0;
    for (;;) {
        long result = message_reply_recv(port, status, &reply, &request);
        if (result != 0 && !message_has_handle(&reply))
            _exit(1);
        reply = (struct message){0};
        status = result;
        if (result == 0 && request.token != 0)
            status = handle(&request, &reply);
    }
}

long call_words(int channel, uint64_t label, uint64_t w0, uint64_t w1, uint64_t w2)
{
    struct message m = {.label = label, .word = {w0, w1, w2}};
    return message_call(channel, &m);
}

/* Does its first thread wait for something? */
static bool is_waiting(int pid)
{
    struct thread_info info = {0};
    return thread_info(HANDLE_SELF, pid, 0, &info) != pid || info.state != THREAD_READY;
}

/* Has the count stood still for so long, or a little while with the thread waiting? In slices, so
 * that a quick child costs no waiting. */
static bool stands_still(int pid, int ended, const struct suspect *suspect)
{
    uint64_t last = __atomic_load_n(suspect->progress, __ATOMIC_RELAXED);
    uint64_t end = deadline_in_ms(suspect->patience_ms);
    for (bool waiting = false; clock_get() < end; waiting = is_waiting(pid)) {
        if (event_wait(ended, 1, deadline_in_ms(2), NULL) == 0)
            return false;
        if (__atomic_load_n(suspect->progress, __ATOMIC_RELAXED) != last)
            return false;
        if (waiting && is_waiting(pid))
            return true;
    }
    return true;
}

int run_suspect(const struct suspect *suspect)
{
    int status = -1;
    int ended = (int)event_create();
    CHECK_EQUAL(process_watch(ended, 1), 0);
    int pid = fork();
    if (pid == 0) {
        suspect->body(suspect->argument);
        _exit(0);
    }
    while (CHECK(pid > 0) && process_wait(pid, WAIT_NO_HANG, &status) == 0)
        if (stands_still(pid, ended, suspect))
            process_kill(HANDLE_SELF, pid, DEATH_KILLED | KILL_TREE);
    process_watch(HANDLE_NONE, 0);
    handle_close(ended);
    return status;
}
