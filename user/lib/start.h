#pragma once
/* start.h - what a program is started with. */
#include <stdint.h>

/* Called by crt0.S with thread-local storage in place: reads the start block, runs the
 * constructors, main and exit. */
_Noreturn void start_process(uint64_t *block);
