#pragma once
/* sched.h - the C library's, and sched_yield, which it declares for few systems. */
#include_next <sched.h>

/* Lets other threads of the same priority run. */
int sched_yield(void);
