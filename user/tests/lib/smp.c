/* smp.c - smp.h. No state. */
#include "smp.h"

#include <octavo/calls.h>

#include "help.h"
#include "tap.h"

enum { WARM_UP = 5, SPINS = 200 };

unsigned hart_count(void)
{
    struct system_hart harts[64];
    long length = system_info(HANDLE_SYSTEM, INFO_HARTS, harts, sizeof harts);
    return CHECK(length > 0) ? (unsigned)((unsigned long)length / sizeof harts[0]) : 1;
}

void run_on(uint64_t harts) { CHECK(thread_control(HANDLE_NONE, THREAD_SET_AFFINITY, harts) >= 0); }

int current_hart(void)
{
    struct thread_info info = {.hart = -1};
    thread_info(HANDLE_SELF, (int)process_id(), 0, &info);
    return info.hart;
}

unsigned rounds_of(unsigned rounds)
{
    return tap_warming_up() ? (rounds + WARM_UP - 1) / WARM_UP : rounds;
}

/* xorshift*, which needs a state that is not zero. */
uint64_t random_next(uint64_t *state)
{
    uint64_t x = *state | 1;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545f4914f6cdd1du >> 16;
}

uint64_t random_below(uint64_t *state, uint64_t limit) { return random_next(state) % limit; }

void crew_start(struct crew *crew, unsigned count, void *(*body)(void *number))
{
    crew->count = 0;
    while (crew->count < count) {
        void *number = (void *)(uintptr_t)crew->count;
        if (!CHECK_EQUAL(thread_start(&crew->thread[crew->count], body, number), 0))
            break;
        crew->count++;
    }
}

void crew_join(struct crew *crew)
{
    for (unsigned i = 0; i < crew->count; i++)
        thread_join(&crew->thread[i]);
}

void crew_run(unsigned count, void *(*body)(void *number))
{
    struct crew crew;
    crew_start(&crew, count, body);
    crew_join(&crew);
}

void spin_until(const uint32_t *word, uint32_t value)
{
    for (unsigned spins = 1; __atomic_load_n(word, __ATOMIC_ACQUIRE) != value; spins++)
        if (spins % SPINS == 0)
            thread_yield();
}
