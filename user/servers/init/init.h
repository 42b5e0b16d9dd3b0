#pragma once
/* init.h - what the parts of init share: made once in main(), never changed. */
#include <stdbool.h>

#include <octavo/cpio.h>
#include <octavo/system.h>

struct init {
    const struct boot_info *boot;
    struct cpio archive; /* the initrd, mapped; a forked child has it too */
    int port;            /* where clients and events come in */
    int authority;       /* init's own process, by a number that still names it in a forked child */
};

/* Ends the machine's run, after what was written to the console has left it. */
void init_shutdown(bool failure);
