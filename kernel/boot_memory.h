#pragma once
/* boot_memory.h - hands free RAM to the frame allocator at boot. */

/* Finds what of the RAM nobody uses (firmware, device tree, initrd, kernel image), puts the frame
 * records in the first place that is large enough, and gives the rest to frame.c. */
void boot_memory_init(void);
