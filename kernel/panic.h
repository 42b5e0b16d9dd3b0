#pragma once
/* panic.h - the end of the world, for broken invariants only. No argument, message, image, device
 * or user program gets here. */
#include <stdbool.h>

struct registers;

/* Prints the message, a symbolised backtrace and the current thread, then ends the machine with a
 * failure status if the boot argument panic=exit was given, else waits for a debugger. */
void panic(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* The same for a trap inside the kernel: `trap` holds its registers. */
void panic_trap(const struct registers *trap) __attribute__((noreturn));

/* What panic does at its end (boot argument panic=exit). */
void panic_set_exit(bool exit);

void panic_assertion(const char *file, int line, const char *condition) __attribute__((noreturn));

/* Stays on in release builds. One condition each. */
#define ASSERT(condition)                                    \
    do {                                                     \
        if (__builtin_expect(!(condition), 0))               \
            panic_assertion(__FILE__, __LINE__, #condition); \
    } while (0)
