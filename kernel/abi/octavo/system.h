#pragma once
/* system.h - the machine and the kernel's counters as system calls show them; what init is given.
 */
#include <stdint.h>

enum system_info_kind { INFO_MEMORY, INFO_OBJECTS, INFO_MACHINE, INFO_HARTS, INFO_VM };

enum { MEMORY_ORDERS = 19 };

struct system_memory {
    uint64_t total_pages;   /* RAM that the device tree names */
    uint64_t managed_pages; /* of these, given to the allocator */
    uint64_t free_pages;
    uint64_t free_blocks[MEMORY_ORDERS]; /* blocks of 2^order pages */
    uint64_t committed_pages; /* promised to private mappings, whatever they permit, and to memory
                                 objects, there or not: it may be more than there is */
    uint64_t zeroed_pages;    /* of the free ones, cleared by idle harts in advance */
};

/* INFO_VM: how often things happened in all address spaces, since boot. */
struct system_vm {
    uint64_t faults;        /* page faults of programs, and of the kernel for them */
    uint64_t refused;       /* of these, not permitted, or without memory */
    uint64_t zero_filled;   /* a page of zeroes was found; large pages: one */
    uint64_t large_filled;  /* of these, larger pages */
    uint64_t owner_filled;  /* a memory object had the page */
    uint64_t copied;        /* a shared page was copied for a writer */
    uint64_t last_sharer;   /* a page was written in place, for nobody shared it any more */
    uint64_t tables_shared; /* a table became shared, by fork */
    uint64_t tables_copied; /* a shared table was copied */
    uint64_t tables_taken;  /* the last who shared a table took it */
    uint64_t splits;        /* a larger page became small ones */
    uint64_t stale;         /* a fault at a page that was as it should be */
    uint64_t flushes;       /* of address translations, of one or more pages */
    uint64_t shoot_downs;   /* of these, with other harts to be told */
    uint64_t zeroed;        /* pages cleared by idle harts */
};

/* Objects alive, by kind (enum object_kind), and records behind them. */
struct system_objects {
    uint64_t alive[8];
    uint64_t areas;
};

struct system_machine {
    uint32_t harts;      /* that run */
    uint32_t harts_seen; /* in the device tree */
    uint64_t timebase_hz;
    uint32_t paging_bits; /* 39, 48 or 57 */
    uint32_t debug;       /* 1: built with DEBUG=1 */
    char model[64];
};

/* INFO_HARTS gives one of these for each hart that runs; a hart's number is its place. */
struct system_hart {
    uint64_t id;          /* as the firmware numbers it */
    int32_t pid, thread;  /* what runs now; pid 0: it idles */
    uint64_t busy_ns;     /* spent with a thread on the hart, since boot */
    uint64_t idle_ns;     /* spent without one */
    uint64_t switches;    /* threads put on the hart by the scheduler; those by the fast path of
                             messages are not counted */
    uint64_t steals;      /* of these, taken from another hart's queue */
    uint64_t ipis;        /* interrupts that it received from other harts */
    uint64_t shoot_downs; /* translations that it asked other harts to forget */
};

/* system_control operations. */
enum {
    SYSTEM_SHUTDOWN, /* argument: 0, or the machine reports failure */
    SYSTEM_REBOOT,
    SYSTEM_LOG_WRITE, /* address, length: to the firmware's console, until there is a driver;
                         E_INVAL: too long */
    SYSTEM_LOG_READ,  /* address, length: the kernel's log so far; returns the number of bytes */
};

enum { SYSTEM_LOG_WRITE_MAX = 4096 };

/* What init finds: auxiliary vector entry AUX_BOOT_INFO points at a struct boot_info in a read-only
 * page. */
enum { AUX_BOOT_INFO = 0x1000 };

enum { BOOT_DEVICES_MAX = 40, BOOT_NAME_MAX = 32, BOOT_ARGUMENTS_MAX = 256 };

/* One device-tree node with registers. Its node name (`serial@10000000`) and first `compatible`
 * string. */
struct boot_device {
    char name[BOOT_NAME_MAX];
    char compatible[BOOT_NAME_MAX];
    uint64_t size;   /* of the first register range, bytes */
    uint64_t offset; /* of the registers in the memory object's first page */
    int32_t memory;  /* handle: device memory */
    int32_t irq;     /* handle: interrupt, or HANDLE_NONE */
};

struct boot_info {
    uint32_t devices;
    int32_t initrd;                     /* handle: memory object, read-only */
    uint64_t initrd_offset;             /* where the archive begins in it, bytes */
    uint64_t initrd_size;               /* bytes */
    char arguments[BOOT_ARGUMENTS_MAX]; /* boot arguments as the firmware gave them */
    struct boot_device device[BOOT_DEVICES_MAX];
};
