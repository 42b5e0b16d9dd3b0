/* plic.c - registers by the specification's memory map. All sources have priority 1 and go to one
 * context. */
#include "kernel/riscv/plic.h"

#include "kernel/riscv/csr.h"
#include "kernel/riscv/layout.h"

enum {
    PLIC_PRIORITY = 0x0,       /* + 4 * source */
    PLIC_ENABLE = 0x2000,      /* + 0x80 * context, a bit a source */
    PLIC_THRESHOLD = 0x200000, /* + 0x1000 * context */
    PLIC_CLAIM = 0x200004,     /* + 0x1000 * context */
};

static uintptr_t base; /* 0: there is no controller */
static uint32_t sources, context;

static volatile uint32_t *plic_register(uint32_t offset)
{
    return (volatile uint32_t *)(base + offset);
}

void plic_init(paddr_t physical, uint32_t source_count, uint32_t hart_context)
{
    base = DIRECT_MAP + physical.v;
    sources = source_count < PLIC_SOURCES_MAX ? source_count : PLIC_SOURCES_MAX - 1;
    context = hart_context;
    for (uint32_t i = 1; i <= sources; i++) {
        plic_disable(i);
        *plic_register(PLIC_PRIORITY + 4 * i) = 1;
    }
    *plic_register(PLIC_THRESHOLD + 0x1000 * context) = 0;
    csr_set(sie, SI_EXTERNAL);
}

static volatile uint32_t *enable_word(uint32_t source)
{
    return plic_register(PLIC_ENABLE + 0x80 * context + source / 32 * 4);
}

void plic_enable(uint32_t source)
{
    if (base != 0 && source <= sources)
        *enable_word(source) |= 1u << source % 32;
}

void plic_disable(uint32_t source)
{
    if (base != 0 && source <= sources)
        *enable_word(source) &= ~(1u << source % 32);
}

uint32_t plic_claim(void) { return base != 0 ? *plic_register(PLIC_CLAIM + 0x1000 * context) : 0; }

void plic_complete(uint32_t source)
{
    if (base != 0)
        *plic_register(PLIC_CLAIM + 0x1000 * context) = source;
}
