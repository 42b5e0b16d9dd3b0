#pragma once
/* backtrace.h - walks kernel stack frames by frame pointer. */
#include <stdint.h>

struct registers;

/* Logs one line for each frame: from the given frame pointer (s0) on, then the user's pc that the
 * trap interrupted. */
void backtrace_log(uintptr_t frame_pointer);

/* Logs all registers of a trap. */
void registers_log(const struct registers *registers);

/* What an exception cause means, in words. */
const char *exception_name(uint64_t cause);
