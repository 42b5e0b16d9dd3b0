#pragma once
/* handle.h - handles: small integers that name objects in a process's table.
 *
 * A handle is at once the capability and, in the POSIX library, the file descriptor. New handles
 * take the lowest free number. Numbers from HANDLE_FIXED on are the library's: no call hands them
 * out by itself.
 */
enum {
    HANDLE_NONE = -1,
    HANDLE_FIXED = 4080, /* lowest of the fixed handles */
    HANDLE_LIMIT = 4096, /* no handle reaches this number */

    HANDLE_SELF = 4095,   /* the process itself; the kernel keeps it true through fork */
    HANDLE_SPACE = 4094,  /* its address space; the kernel keeps it true through fork and exec */
    HANDLE_NAMES = 4093,  /* channel to the name service, which is init */
    HANDLE_SYSTEM = 4092, /* init's process: WAIT to look at the process tree, MANAGE to rule it */
    HANDLE_ROOT = 4091,   /* directory `/`, a channel of the file protocol */
    HANDLE_CWD = 4090,    /* the current directory, likewise */
};

enum object_kind {
    OBJECT_PROCESS,
    OBJECT_THREAD,
    OBJECT_SPACE,
    OBJECT_PORT,
    OBJECT_CHANNEL,
    OBJECT_EVENT,
    OBJECT_MEMORY,
    OBJECT_IRQ,
    OBJECT_KINDS,
};

/* What the holder of a handle may do with the object. */
enum right {
    RIGHT_SEND = 1 << 0,   /* channel: call */
    RIGHT_RECV = 1 << 1,   /* port: recv, make channels */
    RIGHT_MAP = 1 << 2,    /* memory: map it; space: map into it */
    RIGHT_SIGNAL = 1 << 3, /* event: signal, and let timers and interrupts do so */
    RIGHT_WAIT = 1 << 4,   /* event: wait, bind; process: look at it and its descendants */
    RIGHT_MANAGE = 1 << 5, /* process: kill, open; thread: control; irq: bind; memory: evict pages;
                              device memory: make DMA memory */
    RIGHT_DUP = 1 << 6,    /* the handle may be duplicated and copied in messages */
    RIGHTS_ALL = 0x7f,
};

enum {
    HANDLE_CLOEXEC = 1 << 0, /* flag: closed by process_exec */

    DUP_LOWEST = 1 << 16, /* handle_dup: the lowest free number not below the one given */
};

/* handle_control operations. */
enum {
    HANDLE_GET,       /* returns kind | rights << 8 | flags << 24 */
    HANDLE_SET_FLAGS, /* sets the flags */
};
