#pragma once
/* pager.h - between the kernel and a pager: a server that supplies the pages of memory objects.
 *
 * Who touches a page of a MEMORY_PAGED object that is not there calls the pager's port, without
 * knowing it: the pager receives a message with the badge that the object was made with,
 *
 *     label   MESSAGE_PAGER | PAGER_IN
 *     words   page number in the object; PAGER_WRITE or 0; 0
 *
 * and replies to its token with status 0 and
 *
 *     words   address of the contents in its own memory; how many pages from the one asked for on;
 *             PAGER_COPY or PAGER_GIVE
 *
 * Pages that are there already stay as they are. E_NOMEM: there is no frame; the caller still
 * waits, and is to be answered again. Whatever else is wrong with a reply (a status that is not 0,
 * an address that is not mapped or not aligned, no pages, more than PAGER_PAGES_MAX, pages behind
 * the object's end, a handle that rides) costs the one that waits its process, as does the end of
 * the pager: it is killed with DEATH_MEMORY. The pager is told by the error of its reply.
 */

/* A label's flag that no sender can set. */
#define MESSAGE_PAGER (1ull << 42)

enum pager_label {
    PAGER_IN = 1,
};

/* Word 1 of PAGER_IN. */
enum {
    PAGER_WRITE = 1, /* it is going to be written through a mapping that is shared */
};

/* Word 2 of the reply. */
enum {
    PAGER_COPY, /* the pages get the contents */
    PAGER_GIVE, /* the pager's own writable pages move into the object; they are unmapped here */
};

/* Flags of memory_evict. */
enum {
    PAGER_KEEP = 1, /* only look who uses the pages */
};

enum { PAGER_PAGES_MAX = 64 };
