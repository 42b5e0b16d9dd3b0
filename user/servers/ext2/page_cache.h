#pragma once
/* page_cache.h - the inside of the cache of contents. */
#include "inode.h"
#include "pages.h"

enum { CHUNK_PAGES = 64, STAGING_BUFFERS = 3 };

/* Pages are made in chunks, which stay until the end. */
struct page_chunk {
    struct page_chunk *next;
    uint8_t *memory;
    struct page page[CHUNK_PAGES];
};

struct page_cache {
    struct page_chunk *chunks;
    uint32_t count, count_max;      /* of all pages */
    uint32_t dirty, dirty_max;      /* of those that are dirty or being written */
    uint32_t ordered;               /* of these, for which a commit waits */
    struct page_list in_use;        /* of files: the least recently used first */
    struct page_list free;          /* of none */
    struct page_chain *chain;       /* by place: a hash table */
    uint32_t chains;                /* a power of two */
    void *staging[STAGING_BUFFERS]; /* those that nobody has taken */
    unsigned staging_free;
};
