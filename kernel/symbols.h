#pragma once
/* symbols.h - names of the kernel's functions, for backtraces.
 *
 * The table is made by scripts/kernel-symbols from a first link of the image and added by a second
 * one (kernel/build.mk). It is read-only: no lock, and safe in a panic.
 */
#include <stdint.h>

/* One function. Functions are sorted by offset. */
struct kernel_symbol {
    uint32_t offset; /* of its first instruction from __text_start, in bytes */
    uint32_t name;   /* where its name begins in kernel_symbol_names */
};

/* In the first link linker.ld makes the table empty. */
extern const struct kernel_symbol kernel_symbols[], kernel_symbols_end[];
extern const char kernel_symbol_names[];

/* The function that holds pc, and in *offset how far pc is behind its first instruction.
 * pc is an address where the kernel is linked, not where it is loaded. Returns a null pointer, and
 * leaves *offset alone, if pc is not in the kernel's text. For a return address ask for pc - 1: a
 * call may be the last instruction of a function.
 */
const char *symbol_find(uintptr_t pc, uintptr_t *offset);
