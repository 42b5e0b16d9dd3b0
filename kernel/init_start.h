#pragma once
/* init_start.h - makes the first process, from `init` in the initrd. */

/* Builds init with its program, its stack, and handles to every device, ready to run. Panics with a
 * clear message if there is no usable init: there would be nothing to do. */
void init_start(void);
