#pragma once
/* dma.h - memory that a device reaches. init keeps each piece too (START_KEEP), so that its pages
 * go to nobody else when this process dies and the device writes on. */
#include <octavo/error.h>

#include <stdint.h>

struct dma {
    int handle;        /* all rights */
    uint64_t size;     /* bytes, whole pages */
    uint64_t physical; /* contiguous */
    uint64_t kept;     /* its number at init */
};

/* Makes zeroed memory for the device whose memory handle this is. E_INVAL: none or too much;
 * E_NOMEM: no such run of pages; E_NOSPC: too many pieces. */
enum error dma_create(int device, uint64_t bytes, struct dma *dma) MUST_USE;

/* Maps it for this process, for good. E_NOMEM. */
enum error dma_map(const struct dma *dma, void **address) MUST_USE;

/* Gives it back. No device may be about to use it. */
void dma_destroy(const struct dma *dma);

/* Lets go of what a predecessor of this process had: its devices have been reset. */
void dma_forget_predecessor(void);
