#pragma once
/* main.h - where boot.S enters C. */
#include <stdint.h>

/* Starts the kernel on the boot hart: its number and the physical address of the device tree, from
 * the firmware. */
void kernel_main(uint64_t hart_id, uint64_t fdt_physical) __attribute__((noreturn));
