#pragma once
/* process.h - processes and threads as the system calls show them. */
#include <stdint.h>

enum {
    PRIORITIES = 32, /* 0 lowest */
    PRIORITY_DEFAULT = 16,
};

/* process_wait status: as POSIX encodes it. */
#define STATUS_EXITED(code)   (((code)&0xff) << 8)
#define STATUS_KILLED(signal) ((signal)&0x7f)

/* Causes of death that the kernel itself gives; process_kill may be passed any up to DEATH_LAST
 * (127 would read as "stopped"). The numbers are those of signal.h in the C library. */
enum {
    DEATH_ILLEGAL = 4,    /* illegal or privileged instruction */
    DEATH_BREAKPOINT = 5, /* ebreak without a debugger */
    DEATH_KILLED = 9,
    DEATH_MISALIGNED = 10, /* misaligned or impossible access */
    DEATH_MEMORY = 7,      /* memory that was promised and is not there: none is free, or the pager
                              failed */
    DEATH_FAULT = 11,      /* access to memory that is not there or not permitted */
    DEATH_LAST = 126,
};

/* process_wait options. */
enum { WAIT_NO_HANG = 1 };

/* process_kill flags, or'ed to the signal. */
enum { KILL_TREE = 1 << 8 /* its descendants too */ };

/* thread_control operations. */
enum {
    THREAD_GET_PRIORITY,
    THREAD_SET_PRIORITY, /* at most the process's ceiling, which is inherited */
    THREAD_SET_CEILING,  /* lower the calling process's ceiling, and its threads; never raises it */
    THREAD_KILL,
    THREAD_GET_AFFINITY, /* a bit for each hart (system.h: struct system_hart) that it may run on */
    THREAD_SET_AFFINITY, /* harts that do not run are left out; at least one must remain */
};

/* process_control operations: those of all the threads that the process has now. Threads and
 * children begin with the values of the thread that makes them. */
enum {
    PROCESS_SET_PRIORITY, /* at most the process's ceiling */
    PROCESS_SET_CEILING,  /* lowers the ceiling, and the threads above it; never raises it */
    PROCESS_SET_AFFINITY,
};

enum thread_state {
    THREAD_READY,   /* runs or waits for a hart */
    THREAD_CALLING, /* sent a message, not yet received; `object` is the port */
    THREAD_REPLY,   /* its message is at a server: `peer` */
    THREAD_RECV,    /* a server waiting for messages */
    THREAD_EVENT,   /* waits for an event */
    THREAD_FUTEX,   /* waits for a word in memory: `address` */
    THREAD_SLEEP,   /* sleeps until a time */
    THREAD_CHILD,   /* waits for a child */
    THREAD_DEAD,    /* exited; a handle keeps the record */
    THREAD_STATES,
};

enum process_info_kind { INFO_PROCESS, INFO_THREAD };

struct process_info {
    int32_t pid, parent;
    int32_t threads;
    int32_t exited;   /* 1: a zombie, not yet waited for */
    uint32_t handles; /* open handles */
    uint32_t areas;
    uint64_t pages; /* mapped */
    uint64_t cpu_ns;
    char name[32]; /* what process_exec was told */
};

struct thread_info {
    int32_t pid,
        thread;    /* thread: number inside its process, from 0, gaps where threads are gone */
    int32_t state; /* enum thread_state */
    int32_t peer;  /* pid of the server that it waits for, or 0 */
    int32_t priority, base_priority;
    uint64_t address; /* futex: the word; else 0 */
    uint64_t cpu_ns;
    uint64_t pc;
    uint64_t affinity; /* harts that it may run on, a bit each */
    int32_t hart;      /* that runs it, or ran it last; -1: none yet */
    int32_t running;   /* 1: it runs at this moment */
};
