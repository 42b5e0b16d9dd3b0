#pragma once
/* paging.h - a pager for tests: a process that supplies pages with known contents, or lies. */
#include <octavo/ipc.h>
#include <octavo/pager.h>

#include <stdbool.h>
#include <stdint.h>

/* How a pager answers. */
enum paging_manner {
    PAGING_COPIES, /* `range` pages at once, as long as there are so many left */
    PAGING_GIVES,  /* the same, but its own pages go */
    PAGING_SWAPS,  /* one at a time, evicting at random what is beyond `resident`, and remembers */
    /* These lie. */
    PAGING_UNMAPPED,
    PAGING_UNALIGNED,
    PAGING_KERNEL,      /* an address of the kernel's */
    PAGING_SHORT,       /* no pages */
    PAGING_LONG,        /* behind the object's end */
    PAGING_TOO_MANY,    /* at once */
    PAGING_FLAGS,       /* that nobody knows */
    PAGING_REFUSES,     /* status */
    PAGING_HANDLE,      /* that rides */
    PAGING_GIVES_TEXT,  /* a page of its own that it may not write */
    PAGING_GIVES_OTHER, /* a page that is not its own */
    PAGING_DIES,
    PAGING_SILENT, /* never answers */
    PAGING_MANNERS,
};

/* What pager and tests share. */
struct paging_counts {
    uint64_t asked, writes, evicted, dirty, closed;
    long reply; /* the last error of a reply */
};

struct paging {
    enum paging_manner manner;
    uint64_t pages, range, resident;
    int port;            /* the pager's alone */
    int channel, memory; /* the test's, until paging_stop */
    int pid;
    struct paging_counts *counts;
};

/* Label of an ordinary message to the port: evict the pages word[0] to word[0] + word[1] - 1, of
 * PAGING_SWAPS. */
enum { PAGING_EVICT = 77 };

/* Fill in manner, pages, range, resident; makes an object and a process that pages for it. */
void paging_start(struct paging *paging);

/* Ends the pager, if it lives, and closes the handles. */
void paging_stop(struct paging *paging);

/* Maps all of the object. */
void *paging_map(const struct paging *paging, uint32_t flags);

/* What word `word` of page `page` holds when it comes for the first time. */
static inline uint64_t paging_word(uint64_t page, uint64_t word)
{
    return page * 1000003 + word * 7 + 1;
}

/* Checks all words of a page. */
bool paging_check(const void *address, uint64_t page);
