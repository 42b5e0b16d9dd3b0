#pragma once
/* backtrace.h - walks kernel stack frames by frame pointer. */
#include <stdint.h>

struct registers;

/* Logs one line for each call that is under way: the place of the call, from the given frame
 * pointer (s0) on. */
void backtrace_log(uintptr_t frame_pointer);

/* The same from a trap inside the kernel on; the first line is where it happened. */
void backtrace_log_trap(const struct registers *trap);

/* Logs all registers of a trap. */
void registers_log(const struct registers *registers);

/* What an exception cause means, in words. */
const char *exception_name(uint64_t cause);
