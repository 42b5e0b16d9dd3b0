#pragma once
/* space.h - memory for the files, within a limit: small pieces, and pages. */
#include <stddef.h>
#include <stdint.h>

enum { SPACE_PAGE = 4096 };

/* From now on at most `limit` bytes. */
void space_begin(uint64_t limit);
uint64_t space_limit(void);
uint64_t space_used(void);

/* Zeroed. NULL: the limit is reached, or the system has no memory. */
void *space_take(size_t size);
void space_give(void *piece, size_t size); /* NULL is passed over */

/* A page, zeroed or not. NULL as above. */
void *space_take_page(void);
void space_give_page(void *page);
