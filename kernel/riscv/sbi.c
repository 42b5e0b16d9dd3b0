/* sbi.c - calls of the firmware: a7 extension, a6 function, a0 and a1 return error and value
 * (SBI specification, chapter "Binary Encoding").
 */
#include "kernel/riscv/sbi.h"

#include "kernel/riscv/csr.h"
#include "kernel/riscv/layout.h"

enum {
    EXTENSION_BASE = 0x10,
    EXTENSION_TIME = 0x54494d45,
    EXTENSION_IPI = 0x735049,
    EXTENSION_HSM = 0x48534d,
    EXTENSION_RESET = 0x53525354,
    EXTENSION_CONSOLE = 0x4442434e,
    LEGACY_SET_TIMER = 0,
    LEGACY_PUTCHAR = 1,
    LEGACY_SHUTDOWN = 8,

    BASE_PROBE = 3,
    HSM_START = 0,
};

struct sbi_result {
    long error, value;
};

static bool has_console, has_time, has_harts, has_reset;

static struct sbi_result sbi_call(long extension, long function, uint64_t x, uint64_t y, uint64_t z)
{
    register uint64_t a0 __asm__("a0") = x;
    register uint64_t a1 __asm__("a1") = y;
    register uint64_t a2 __asm__("a2") = z;
    register long a6 __asm__("a6") = function;
    register long a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (struct sbi_result){(long)a0, (long)a1};
}

static bool sbi_probe(long extension)
{
    struct sbi_result result = sbi_call(EXTENSION_BASE, BASE_PROBE, extension, 0, 0);
    return result.error == 0 && result.value != 0;
}

void sbi_init(void)
{
    has_console = sbi_probe(EXTENSION_CONSOLE);
    has_time = sbi_probe(EXTENSION_TIME);
    has_harts = sbi_probe(EXTENSION_HSM) && sbi_probe(EXTENSION_IPI);
    has_reset = sbi_probe(EXTENSION_RESET);
}

/* The debug console takes physical addresses: text in the image or in the direct map has one. */
static uint64_t sbi_physical(const char *text)
{
    uintptr_t address = (uintptr_t)text;
    return address >= DIRECT_MAP_END ? address - KERNEL_OFFSET : address - DIRECT_MAP;
}

void sbi_console_write(const char *text, size_t length)
{
    while (has_console && length > 0) {
        struct sbi_result result = sbi_call(EXTENSION_CONSOLE, 0, length, sbi_physical(text), 0);
        if (result.error != 0 || result.value <= 0)
            break;
        text += result.value;
        length -= result.value;
    }
    for (size_t i = 0; i < length; i++)
        sbi_call(LEGACY_PUTCHAR, 0, (unsigned char)text[i], 0, 0);
}

void sbi_set_timer(uint64_t ticks)
{
    sbi_call(has_time ? EXTENSION_TIME : LEGACY_SET_TIMER, 0, ticks, 0, 0);
}

bool sbi_has_harts(void) { return has_harts; }

bool sbi_start_hart(uint64_t hart, uint64_t address)
{
    return sbi_call(EXTENSION_HSM, HSM_START, hart, address, 0).error == 0;
}

/* A mask of one hart, whose lowest bit is `hart`. */
void sbi_send_ipi(uint64_t hart) { sbi_call(EXTENSION_IPI, 0, 1, hart, 0); }

void sbi_reset(enum sbi_reset kind, bool failure)
{
    if (has_reset)
        sbi_call(EXTENSION_RESET, 0, kind, failure, 0);
    sbi_call(LEGACY_SHUTDOWN, 0, 0, 0, 0);
    for (;;)
        wait_for_interrupt();
}
