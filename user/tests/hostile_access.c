/* hostile_access.c - what a program must not do to the machine: it dies by the right signal, alone.
 */
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

static const uint64_t kernel_addresses[] = {
    1ull << 38,         0xffffff8000000000, 0xffffffc000000000, 0xffffffc080000000,
    0xffffffc080200000, 0xffffffff80200000, 0xffffffff80200800, 0xfffffffffffff000,
    0xffff800000000000, 0xff00000000000000, 1ull << 63,         0x123456789abcdef0,
};

/* Device registers of QEMU's `virt`, were physical addresses reachable: UART, PLIC, test finisher.
 */
static const uint64_t device_addresses[] = {0x10000000 - 8, 0x0c000000, 0x00100000, 0x02000000};

static const uint64_t constant[4] = {1, 2, 3, 4};
static uint64_t variable;

static void store(void *address) { *(volatile uint64_t *)address = 0x5555; }

static void load(void *address) { (void)*(volatile uint64_t *)address; }

static void jump(void *address) { ((void (*)(void))(uintptr_t)address)(); }

/* Runs `body` on the address in a child and returns the signal that ended it; 0: none. */
static int signal_of(void (*body)(void *), uint64_t address)
{
    int status = tap_wait(tap_fork(body, (void *)(uintptr_t)address));
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void check_fault(void (*body)(void *), uint64_t address)
{
    int signal = signal_of(body, address);
    if (!CHECK(signal == DEATH_FAULT || signal == DEATH_MISALIGNED))
        tap_comment("address %#lx: signal %d", (unsigned long)address, signal);
}

static void test_kernel_memory(void)
{
    for (size_t i = 0; i < TAP_COUNT(kernel_addresses); i++) {
        check_fault(load, kernel_addresses[i]);
        check_fault(store, kernel_addresses[i]);
        check_fault(jump, kernel_addresses[i]);
    }
}

static void test_null_and_devices(void)
{
    for (uint64_t address = 0; address < PAGE; address += 504) {
        CHECK_EQUAL(signal_of(load, address), DEATH_FAULT);
        CHECK_EQUAL(signal_of(store, address), DEATH_FAULT);
        CHECK_EQUAL(signal_of(jump, address), DEATH_FAULT);
    }
    for (size_t i = 0; i < TAP_COUNT(device_addresses); i++)
        CHECK_EQUAL(signal_of(load, device_addresses[i]), DEATH_FAULT);
}

static void test_read_only_pages(void)
{
    uint8_t *page = map_pages(PAGE, MAP_READ);
    CHECK_EQUAL(signal_of(store, (uintptr_t)constant), DEATH_FAULT);
    CHECK_EQUAL(signal_of(store, (uintptr_t)test_read_only_pages & ~7ull), DEATH_FAULT);
    CHECK_EQUAL(signal_of(store, (uintptr_t)page), DEATH_FAULT);
    CHECK_EQUAL(constant[0], 1);
    CHECK_EQUAL(page[0], 0);
    unmap_pages(page, PAGE);
}

/* A return instruction stands there: it would come back. */
static void test_data_is_not_executed(void)
{
    static const uint32_t constant_code[] = {0x00008067};
    static uint32_t code[] = {0x00008067};
    uint32_t on_stack[] = {0x00008067};
    uint32_t *page = map_pages(PAGE, MAP_WRITE);
    page[0] = code[0];
    CHECK_EQUAL(signal_of(jump, (uintptr_t)constant_code), DEATH_FAULT);
    CHECK_EQUAL(signal_of(jump, (uintptr_t)code), DEATH_FAULT);
    CHECK_EQUAL(signal_of(jump, (uintptr_t)on_stack), DEATH_FAULT);
    CHECK_EQUAL(signal_of(jump, (uintptr_t)page), DEATH_FAULT);
    CHECK_EQUAL(signal_of(jump, (uintptr_t)page + 1), DEATH_FAULT);
    unmap_pages(page, PAGE);
}

/* ---- instructions ---------------------------------------------------------------------------- */

#define INSTRUCTION(name, text)                          \
    static void name(void *unused)                       \
    {                                                    \
        (void)unused;                                    \
        __asm__ volatile(text ::: "t0", "t1", "memory"); \
    }
INSTRUCTION(all_zeros, ".word 0")
INSTRUCTION(all_ones, ".word 0xffffffff")
INSTRUCTION(read_sstatus, "csrr t0, sstatus")
INSTRUCTION(write_sstatus, "csrw sstatus, t0")
INSTRUCTION(write_satp, "csrw satp, zero")
INSTRUCTION(write_stvec, "csrw stvec, zero")
INSTRUCTION(read_sscratch, "csrr t0, sscratch")
INSTRUCTION(swap_sepc, "csrrw t0, sepc, t0")
INSTRUCTION(read_mhartid, "csrr t0, mhartid")
INSTRUCTION(write_stimecmp, "csrw 0x14d, zero")
INSTRUCTION(return_from_supervisor, "sret")
INSTRUCTION(return_from_machine, "mret")
INSTRUCTION(fence_translations, "sfence.vma")
INSTRUCTION(wait_for_interrupt, "wfi")
INSTRUCTION(use_hypervisor, ".word 0x60004073")
INSTRUCTION(use_vectors, ".word 0x0d0072d7")
INSTRUCTION(break_point, "ebreak")
INSTRUCTION(short_break_point, "c.ebreak")

static void test_privileged_and_illegal_instructions(void)
{
    static void (*const bodies[])(void *) = {
        all_zeros,          all_ones,           read_sstatus,           write_sstatus,
        write_satp,         write_stvec,        read_sscratch,          swap_sepc,
        read_mhartid,       write_stimecmp,     return_from_supervisor, return_from_machine,
        fence_translations, wait_for_interrupt, use_hypervisor,         use_vectors,
    };
    for (size_t i = 0; i < TAP_COUNT(bodies); i++)
        if (!CHECK_EQUAL(signal_of(bodies[i], 0), DEATH_ILLEGAL))
            tap_comment("instruction %zu of the list", i);
    CHECK_EQUAL(signal_of(break_point, 0), DEATH_BREAKPOINT);
    CHECK_EQUAL(signal_of(short_break_point, 0), DEATH_BREAKPOINT);
}

static void add_atomically(void *address)
{
    __asm__ volatile("amoadd.w t0, t0, (%0)" ::"r"(address) : "t0", "memory");
}

static void reserve(void *address)
{
    __asm__ volatile("lr.d t0, (%0)" ::"r"(address) : "t0", "memory");
}

/* Atomics must be aligned; plain loads and stores the machine may do for us, or not. */
static void test_misaligned_access(void)
{
    uintptr_t odd = (uintptr_t)&variable + 1;
    int signal = signal_of(load, odd);
    CHECK(signal == 0 || signal == DEATH_MISALIGNED);
    check_fault(add_atomically, odd);
    check_fault(reserve, odd);
    check_fault(jump, UINT64_MAX);
    check_fault(jump, UINT64_MAX - 1);
}

/* ---- the stack ------------------------------------------------------------------------------- */

static int recurse(volatile int depth)
{
    volatile char local[200];
    local[0] = (char)depth;
    if (depth == INT32_MAX)
        return 0;
    return recurse(depth + 1) + local[0];
}

static void overflow(void *unused)
{
    (void)unused;
    variable = (uint64_t)recurse(0);
}

static void test_stack_overflow(void) { CHECK_EQUAL(signal_of(overflow, 0), DEATH_FAULT); }

/* The kernel stands on no user stack: a system call works with any sp, and a fault is a fault. */
static void call_with_stack_at(void *sp)
{
    __asm__ volatile("mv sp, %0\n"
                     "li a7, %1\n"
                     "ecall\n"
                     "li a0, 3\n"
                     "li a7, %2\n"
                     "ecall" ::"r"(sp),
                     "i"(SYS_CLOCK_GET), "i"(SYS_PROCESS_EXIT)
                     : "a0", "a7", "memory");
}

static void fault_with_stack_at(void *sp)
{
    __asm__ volatile("mv sp, %0\n"
                     "sd zero, (zero)" ::"r"(sp)
                     : "memory");
}

static void test_any_stack_pointer(void)
{
    static const uint64_t places[] = {0, 1, 8, UINT64_MAX};
    for (size_t i = 0; i < TAP_COUNT(places) + TAP_COUNT(kernel_addresses); i++) {
        uint64_t sp = i < TAP_COUNT(places) ? places[i] : kernel_addresses[i - TAP_COUNT(places)];
        int status = tap_wait(tap_fork(call_with_stack_at, (void *)(uintptr_t)sp));
        CHECK_EQUAL(WEXITSTATUS(status), 3);
        CHECK_EQUAL(signal_of(fault_with_stack_at, sp), DEATH_FAULT);
    }
}

/* One thread's fault ends all of its process. */
static void fault_in_a_thread(void *unused)
{
    static char stack[PAGE];
    (void)unused;
    start_thread(load, NULL, stack, PAGE);
    clock_sleep(DEADLINE_NONE);
}

static void test_fault_ends_all_threads(void)
{
    CHECK_EQUAL(signal_of(fault_in_a_thread, 0), DEATH_FAULT);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"hostile_access_kernel_memory", test_kernel_memory, 0},
        {"hostile_access_null_and_devices", test_null_and_devices, 0},
        {"hostile_access_read_only_pages", test_read_only_pages, 0},
        {"hostile_access_data_is_not_executed", test_data_is_not_executed, 0},
        {"hostile_access_privileged_instructions", test_privileged_and_illegal_instructions, 0},
        {"hostile_access_misaligned", test_misaligned_access, 0},
        {"hostile_access_stack_overflow", test_stack_overflow, 0},
        {"hostile_access_any_stack_pointer", test_any_stack_pointer, 0},
        {"hostile_access_fault_ends_all_threads", test_fault_ends_all_threads, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
