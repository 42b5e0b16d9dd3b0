/* counter.c - the instruction counter. */
#include "counter.h"

/* Not inlined: a debugger stops here, and each measurement pays for the same two calls. */
__attribute__((noinline, noclone)) uint64_t counter_read(void)
{
    uint64_t value;

    __asm__ volatile("rdinstret %0" : "=r"(value)::"memory");
    return value;
}

uint64_t counter_overhead(void)
{
    uint64_t start = counter_read();

    return counter_read() - start;
}

uint64_t counter_loop_overhead(unsigned count)
{
    uint64_t start = counter_read();

    COUNTER_LOOP(count)
    __asm__ volatile("" ::: "memory");
    return counter_read() - start;
}
