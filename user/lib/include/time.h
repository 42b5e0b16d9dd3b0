#pragma once
/* time.h - the C library's, told that this system has POSIX clocks and nanosleep. */
#define _POSIX_TIMERS          1
#define _POSIX_MONOTONIC_CLOCK 200809L
#define _POSIX_CPUTIME         200809L
#include_next <time.h>
