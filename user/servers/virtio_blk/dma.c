/* dma.c - memory that a device reaches. No state. */
#include "dma.h"

#include <octavo/ipc.h>

#include "proto/start.h"

static long keep(int handle, uint64_t *number)
{
    struct message m = {.label = START_KEEP | MESSAGE_COPY, .word = {0, 0, (uint64_t)handle}};
    long status = message_call(HANDLE_NAMES, &m);

    *number = m.word[0];
    return status;
}

static void drop(uint64_t number)
{
    /* init cannot refuse what it has given the number for. */
    (void)message_call(HANDLE_NAMES, &(struct message){.label = START_DROP, .word = {number}});
}

enum error dma_create(int device, uint64_t bytes, struct dma *dma)
{
    struct memory_info info;
    long handle = memory_create(bytes, MEMORY_DMA, device);

    if (handle < 0)
        return (enum error) - handle;
    dma->handle = (int)handle;
    long result = memory_info(dma->handle, &info);
    if (result >= 0)
        result = keep(dma->handle, &dma->kept);
    if (result < 0) {
        (void)handle_close(dma->handle);
        return (enum error) - result;
    }
    dma->size = info.size;
    dma->physical = info.physical;
    return E_OK;
}

enum error dma_map(const struct dma *dma, void **address)
{
    struct mapping mapping = {
        .length = dma->size, .flags = MAP_READ | MAP_WRITE | MAP_POPULATE, .memory = dma->handle};
    long result = vm_map(HANDLE_SPACE, &mapping);

    if (result < 0)
        return (enum error) - result;
    *address = (void *)result;
    return E_OK;
}

void dma_destroy(const struct dma *dma)
{
    drop(dma->kept);
    (void)handle_close(dma->handle);
}

void dma_forget_predecessor(void) { drop(START_KEPT); }
