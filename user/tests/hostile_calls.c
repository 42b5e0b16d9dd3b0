/* hostile_calls.c - every system-call number from 0 to 1023 with random arguments.
 *
 * The calls are made by children that hold nothing of value: a lucky exit, exec or endless wait
 * ends one child, and the next goes on. Each child's arguments depend on the seed and its own
 * number.
 */
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum {
    NUMBERS = 1024,
    CALLS = 100000,
    CALLS_TO_KNOWN = 20000,
    CALLS_A_CHILD = 2000,
    PATIENCE_MS = 15,
    BUFFER_PAGES = 4,
    NUMBERS_USED =
        32, /* no handle of this program stands above, but for the library's fixed ones */
};

/* What the children count, and where they are in their sequence: the next number to call. */
static uint64_t *progress;
static uint64_t numbers; /* calls go to numbers below this */
static uint8_t *buffer;

/* All that is not the child's own goes, so that no luck reaches the shell, the console or init. */
static void drop_authority(void)
{
    for (int handle = 0; handle < NUMBERS_USED; handle++)
        handle_close(handle);
    for (int handle = HANDLE_FIXED; handle < HANDLE_SPACE; handle++)
        handle_close(handle);
    int port = (int)port_create();
    channel_create(port, 1);
    event_create();
    memory_create(BUFFER_PAGES * PAGE, MEMORY_ANONYMOUS, HANDLE_NONE);
    space_create();
    event_bind((int)event_create(), port, 2);
}

static uint64_t random_pointer(void)
{
    static const uint64_t bad[] = {0, 1ull << 38, 1ull << 63, 0xffffffff80200000, UINT64_MAX - 7};
    uint64_t inside = (uintptr_t)buffer + tap_random_below(BUFFER_PAGES * PAGE);
    switch (tap_random_below(6)) {
    case 0:
        return bad[tap_random_below(TAP_COUNT(bad))];
    case 1:
        return inside;
    case 2:
        return inside & ~(PAGE - 1ull);
    case 3:
        return (uintptr_t)&inside;
    default:
        return inside & ~7ull;
    }
}

/* Numbers that mean something to some call, and some that mean nothing. */
static uint64_t random_argument(void)
{
    switch (tap_random_below(8)) {
    case 0:
        return tap_random();
    case 1:
        return tap_random_below(8);
    case 2:
        return tap_random_below(12); /* often a handle */
    case 3:
        return HANDLE_FIXED + tap_random_below(16);
    case 4:
        return tap_random_below(4) * PAGE;
    case 5:
        return -tap_random_below(3);
    case 6:
        return 1ull << tap_random_below(64);
    default:
        return random_pointer();
    }
}

static void call_at_random(void *first)
{
    int self = getpid();
    drop_authority();
    for (int i = 0; i < CALLS_A_CHILD; i++) {
        uint64_t number = ((uintptr_t)first + (uintptr_t)i) % numbers;
        uint64_t a[6];
        for (int n = 0; n < 6; n++)
            a[n] = random_argument();
        __atomic_fetch_add(progress, 1, __ATOMIC_RELAXED);
        system_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
        if (process_id() != self)
            _exit(0); /* it was a fork */
    }
}

/* As many calls as wanted, by as many children as it takes. */
static void make_calls(uint64_t below, uint64_t calls)
{
    struct suspect suspect = {.patience_ms = PATIENCE_MS, .body = call_at_random};
    numbers = below;
    buffer = map_pages(BUFFER_PAGES * PAGE, MAP_WRITE);
    progress = suspect.progress = map_shared(PAGE);
    uint64_t children = 0;
    while (*progress < calls) {
        suspect.argument = (void *)(uintptr_t)(*progress % below);
        run_suspect(&suspect);
        tap_random();
        children++;
    }
    if (!tap_warming_up())
        tap_comment("%lu calls by %lu children", (unsigned long)*progress, (unsigned long)children);
    unmap_pages(progress, PAGE);
    unmap_pages(buffer, BUFFER_PAGES * PAGE);
}

static void test_all_numbers(void) { make_calls(NUMBERS, tap_warming_up() ? CALLS / 20 : CALLS); }

static void test_known_numbers(void)
{
    make_calls(SYSTEM_CALLS, tap_warming_up() ? CALLS_TO_KNOWN / 20 : CALLS_TO_KNOWN);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"hostile_calls_all_numbers", test_all_numbers, 240},
        {"hostile_calls_known_numbers", test_known_numbers, 240},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
