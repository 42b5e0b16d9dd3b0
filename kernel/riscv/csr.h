#pragma once
/* csr.h - control and status registers of supervisor mode (privileged specification, chapter
 * "Supervisor-Level ISA"), and the bits of them that the kernel uses.
 */
#include <stdint.h>

#define csr_read(name)                                                   \
    ({                                                                   \
        uint64_t csr_value;                                              \
        __asm__ volatile("csrr %0, " #name : "=r"(csr_value)::"memory"); \
        csr_value;                                                       \
    })
#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" ::"rK"(value) : "memory")
#define csr_set(name, bits)    __asm__ volatile("csrs " #name ", %0" ::"rK"(bits) : "memory")
#define csr_clear(name, bits)  __asm__ volatile("csrc " #name ", %0" ::"rK"(bits) : "memory")

/* sstatus */
#define SSTATUS_SIE      (1ull << 1)
#define SSTATUS_SPP      (1ull << 8)
#define SSTATUS_FS       (3ull << 13)
#define SSTATUS_FS_DIRTY (3ull << 13)
#define SSTATUS_SUM      (1ull << 18)
#define SSTATUS_MXR      (1ull << 19)

/* sie, sip: supervisor software, timer and external interrupt */
#define SI_SOFTWARE (1ull << 1)
#define SI_TIMER    (1ull << 5)
#define SI_EXTERNAL (1ull << 9)

/* scause */
#define CAUSE_INTERRUPT (1ull << 63)
enum interrupt { INTERRUPT_SOFTWARE = 1, INTERRUPT_TIMER = 5, INTERRUPT_EXTERNAL = 9 };
enum exception {
    EXCEPTION_FETCH_MISALIGNED = 0,
    EXCEPTION_FETCH_ACCESS = 1,
    EXCEPTION_ILLEGAL = 2,
    EXCEPTION_BREAKPOINT = 3,
    EXCEPTION_LOAD_MISALIGNED = 4,
    EXCEPTION_LOAD_ACCESS = 5,
    EXCEPTION_STORE_MISALIGNED = 6,
    EXCEPTION_STORE_ACCESS = 7,
    EXCEPTION_ECALL_USER = 8,
    EXCEPTION_FETCH_PAGE = 12,
    EXCEPTION_LOAD_PAGE = 13,
    EXCEPTION_STORE_PAGE = 15,
};

/* satp: mode, address-space identifier, root page. Mode numbers are 8, 9, 10 for Sv39, Sv48, Sv57.
 */
enum { SATP_MODE_SHIFT = 60, SATP_ASID_SHIFT = 44, SATP_ASID_BITS = 16, SATP_MODE_SV39 = 8 };

/* scounteren: user mode may read cycle, time and instret */
#define COUNTERS_ALL 7ull

static inline void wait_for_interrupt(void) { __asm__ volatile("wfi" ::: "memory"); }
static inline void fence_instructions(void) { __asm__ volatile("fence.i" ::: "memory"); }
