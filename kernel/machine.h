#pragma once
/* machine.h - what the device tree says of this machine. Read once at boot, constant afterwards. */
#include <octavo/system.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel/fdt.h"
#include "kernel/riscv/layout.h"

struct machine {
    struct fdt fdt;
    uint64_t fdt_physical;
    char model[64];
    struct fdt_regions ram, reserved;
    uint64_t ram_pages;
    char arguments[BOOT_ARGUMENTS_MAX];
    struct fdt_region initrd; /* size 0: none */
    uint64_t timebase_hz;
    uint32_t harts; /* in the tree and usable, at most HARTS_MAX */
    uint64_t hart_id[HARTS_MAX];
    bool sstc;                  /* every usable hart has it */
    struct fdt_region finisher; /* the emulator's test device; size 0: none */
    struct fdt_region plic;     /* size 0: none */
    uint32_t plic_phandle, plic_sources, plic_context; /* the boot hart's context */
};

extern struct machine machine;

/* Reads the tree at a physical address; `hart` is the one that boots. Panics with a clear message
 * if the tree cannot be used: there is nothing to boot then. */
void machine_read(uint64_t fdt_physical, uint64_t hart);

/* The value of `name=value` among the boot arguments, copied; false: not given. */
bool machine_argument(const char *name, char *value, size_t size);
