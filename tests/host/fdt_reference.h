#pragma once
/* fdt_reference.h - what libfdt says about a device tree, and where our reader differs.
 *
 * The blob must have passed fdt_check_full. Wherever ours gives an answer it must be that of
 * libfdt; an error of ours on a mutated tree is not a difference. Addresses are calculated in 128
 * bits, so that a sum that wraps in ours shows.
 */
#include <stdbool.h>

#include "kernel/fdt.h"

/* libfdt has other things of these names. */
#define fdt_property     libfdt_property
#define fdt_property_u32 libfdt_property_u32
#define fdt_property_u64 libfdt_property_u64
#include <libfdt.h>
#undef fdt_property
#undef fdt_property_u32
#undef fdt_property_u64
#undef fdt_property_string

/* The first difference between our reader and libfdt, for people, or NULL. `strict`: the tree is
 * sound, ours may not refuse any of it. */
const char *reference_difference(struct fdt *fdt, const void *blob, bool strict);
