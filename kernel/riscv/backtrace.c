/* backtrace.c - frame n keeps the return address at s0 - 8 and the caller's s0 at s0 - 16 (psABI,
 * "Frame Pointer Convention"). The walk believes nothing: it stays on the kernel's stacks and goes
 * upwards only.
 */
#include "kernel/riscv/backtrace.h"

#include <stdbool.h>

#include "kernel/klog.h"
#include "kernel/riscv/csr.h"
#include "kernel/riscv/hart.h"
#include "kernel/symbols.h"

enum { BACKTRACE_MAX = 32 };

extern char hart_stacks[], emergency_stacks[];

static bool on_kernel_stack(uintptr_t frame)
{
    uintptr_t stacks = (uintptr_t)hart_stacks, emergency = (uintptr_t)emergency_stacks;

    if (frame % 8 != 0)
        return false;
    if (frame > emergency + 16 && frame <= emergency + HARTS_MAX * EMERGENCY_STACK_SIZE)
        return true;
    if (frame <= stacks || frame > stacks + (uintptr_t)HARTS_MAX * STACK_STRIDE)
        return false;
    return (frame - 1 - stacks) % STACK_STRIDE >= STACK_GUARD + 16;
}

static void line_log(int depth, uintptr_t pc)
{
    uintptr_t offset = 0;
    const char *name = symbol_find(pc, &offset);

    klog("  #%-2d %016lx %s+%#lx\n", depth, pc, name != NULL ? name : "?", offset);
}

/* A return address may lie behind its function, if the call is the last instruction: pc - 1 does
 * not. */
static void frames_log(int depth, uintptr_t frame)
{
    while (depth < BACKTRACE_MAX && on_kernel_stack(frame)) {
        uintptr_t next = ((const uintptr_t *)frame)[-2];
        line_log(depth++, ((const uintptr_t *)frame)[-1] - 1);
        if (next <= frame)
            break;
        frame = next;
    }
}

void backtrace_log(uintptr_t frame) { frames_log(0, frame); }

/* A function that has called nobody keeps its return address in ra: it has no frame, or one that
 * holds the caller's s0 where others hold the return address. In a function that has called
 * somebody ra points into itself.
 */
void backtrace_log_trap(const struct registers *trap)
{
    uintptr_t offset = 0, frame = trap->s0;
    int depth = 0;

    line_log(depth++, trap->pc);
    if (symbol_find(trap->ra - 1, &offset) != symbol_find(trap->pc, &offset))
        line_log(depth++, trap->ra - 1);
    if (on_kernel_stack(frame) && on_kernel_stack(((const uintptr_t *)frame)[-1]))
        frame = ((const uintptr_t *)frame)[-1];
    frames_log(depth, frame);
}

void registers_log(const struct registers *r)
{
    static const char names[32][4] = {"pc", "ra", "sp",  "gp",  "tp", "t0", "t1", "t2",
                                      "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
                                      "a6", "a7", "s2",  "s3",  "s4", "s5", "s6", "s7",
                                      "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
    const uint64_t *value = (const uint64_t *)r;

    for (int i = 0; i < 32; i++)
        klog("%4s %016lx%s", names[i], value[i], i % 4 == 3 ? "\n" : "");
}

const char *exception_name(uint64_t cause)
{
    static const char *const names[16] = {
        [EXCEPTION_FETCH_MISALIGNED] = "misaligned instruction",
        [EXCEPTION_FETCH_ACCESS] = "instruction access fault",
        [EXCEPTION_ILLEGAL] = "illegal instruction",
        [EXCEPTION_BREAKPOINT] = "breakpoint",
        [EXCEPTION_LOAD_MISALIGNED] = "misaligned load",
        [EXCEPTION_LOAD_ACCESS] = "load access fault",
        [EXCEPTION_STORE_MISALIGNED] = "misaligned store",
        [EXCEPTION_STORE_ACCESS] = "store access fault",
        [EXCEPTION_ECALL_USER] = "system call",
        [EXCEPTION_FETCH_PAGE] = "instruction page fault",
        [EXCEPTION_LOAD_PAGE] = "load page fault",
        [EXCEPTION_STORE_PAGE] = "store page fault",
    };

    return cause < 16 && names[cause] != NULL ? names[cause] : "unknown exception";
}
