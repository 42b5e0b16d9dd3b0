/* queue.c - a split virtqueue. See queue.h.
 *
 * Layout: descriptors, available ring, used ring at the next page (a legacy device wants it like
 * that, section 2.7.2; a modern one does not mind), then the tables of indirect descriptors.
 * Invariant: free_count descriptors are on the free list, and every other belongs to a chain in
 * flight.
 */
#include "queue.h"

#include <string.h>

/* Memory accesses before this one happen, for the device too, before those after it. (Registers:
 * transport.c.) */
static void order_memory(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

static size_t align(size_t bytes) { return (bytes + QUEUE_ALIGN - 1) & ~(size_t)(QUEUE_ALIGN - 1); }

static size_t available_offset(uint16_t size) { return size * sizeof(struct virtq_descriptor); }

/* Both rings have one more number at their end, which nobody uses here but the layout has. */
static size_t used_offset(uint16_t size)
{
    return align(available_offset(size) + sizeof(struct virtq_available) +
                 (size + 1u) * sizeof(uint16_t));
}

static size_t table_offset(uint16_t size)
{
    return align(used_offset(size) + sizeof(struct virtq_used) +
                 size * sizeof(struct virtq_used_element) + sizeof(uint16_t));
}

size_t queue_bytes(uint16_t size, bool is_indirect)
{
    size_t tables = is_indirect ? size * sizeof(struct virtq_descriptor[QUEUE_CHAIN_MAX]) : 0;

    return align(table_offset(size) + tables);
}

void queue_init(struct queue *queue, void *memory, uint64_t physical, uint16_t size,
                bool is_indirect)
{
    char *bytes = memory;

    memset(memory, 0, queue_bytes(size, is_indirect));
    *queue = (struct queue){
        .size = size,
        .chain_max = size < QUEUE_CHAIN_MAX ? size : QUEUE_CHAIN_MAX, /* section 2.7.5.3.1 */
        .is_indirect = is_indirect,
        .descriptor = memory,
        .available = (struct virtq_available *)(bytes + available_offset(size)),
        .used = (volatile struct virtq_used *)(bytes + used_offset(size)),
        .table = (struct virtq_descriptor(*)[QUEUE_CHAIN_MAX])(bytes + table_offset(size)),
        .descriptor_address = physical,
        .available_address = physical + available_offset(size),
        .used_address = physical + used_offset(size),
        .table_address = physical + table_offset(size),
        .free_count = size,
    };
    for (uint16_t i = 0; i < size; i++)
        queue->descriptor[i].next = (uint16_t)(i + 1);
}

static struct virtq_descriptor describe(const struct queue_buffer *buffer, bool is_last)
{
    return (struct virtq_descriptor){
        .address = buffer->address,
        .length = buffer->length,
        .flags = (uint16_t)((buffer->is_written ? VIRTQ_DESC_WRITE : 0) |
                            (is_last ? 0 : VIRTQ_DESC_NEXT)),
    };
}

/* Takes the first free descriptor off the list. */
static uint16_t take_descriptor(struct queue *queue)
{
    uint16_t number = queue->free_first;

    queue->free_first = queue->descriptor[number].next;
    queue->free_count--;
    return number;
}

static uint16_t add_indirect(struct queue *queue, const struct queue_buffer *buffers,
                             unsigned count)
{
    uint16_t head = take_descriptor(queue);
    struct virtq_descriptor *table = queue->table[head];

    for (unsigned i = 0; i < count; i++) {
        table[i] = describe(&buffers[i], i + 1 == count);
        table[i].next = (uint16_t)(i + 1);
    }
    queue->descriptor[head] = (struct virtq_descriptor){
        .address = queue->table_address + head * sizeof queue->table[0],
        .length = (uint32_t)(count * sizeof table[0]),
        .flags = VIRTQ_DESC_INDIRECT,
    };
    return head;
}

/* The free list is linked as a chain is: only its end changes. */
static uint16_t add_chain(struct queue *queue, const struct queue_buffer *buffers, unsigned count)
{
    uint16_t head = queue->free_first;

    for (unsigned i = 0; i < count; i++) {
        uint16_t number = take_descriptor(queue);

        queue->descriptor[number] = describe(&buffers[i], i + 1 == count);
        queue->descriptor[number].next = queue->free_first;
    }
    return head;
}

bool queue_add(struct queue *queue, const struct queue_buffer *buffers, unsigned count, void *owner)
{
    uint16_t index = queue->available->index;
    uint16_t head;

    if (queue->free_count < (queue->is_indirect ? 1 : count))
        return false;
    head =
        queue->is_indirect ? add_indirect(queue, buffers, count) : add_chain(queue, buffers, count);
    queue->owner[head] = owner;
    queue->writable[head] = 0;
    for (unsigned i = 0; i < count; i++)
        queue->writable[head] += buffers[i].is_written ? buffers[i].length : 0;
    queue->in_flight++;
    queue->available->ring[index % queue->size] = head;
    order_memory(); /* the chain before the index that shows it (section 2.7.13.3.1) */
    *(volatile uint16_t *)&queue->available->index = (uint16_t)(index + 1);
    return true;
}

bool queue_wants_notice(const struct queue *queue)
{
    order_memory(); /* the index before the flag (section 2.7.13.4.1) */
    return (queue->used->flags & VIRTQ_USED_NO_NOTIFY) == 0;
}

/* Puts the chain's descriptors back. What links them is ours: the device only reads it, and if it
 * should have written there nevertheless, the numbers stay in range and the count ends the way. */
static void *free_chain(struct queue *queue, uint16_t head)
{
    void *owner = queue->owner[head];
    uint16_t last = head;

    queue->owner[head] = NULL;
    queue->in_flight--;
    queue->free_count++;
    while ((queue->descriptor[last].flags & VIRTQ_DESC_NEXT) != 0 &&
           queue->free_count < queue->size) {
        last = queue->descriptor[last].next % queue->size;
        queue->free_count++;
    }
    queue->descriptor[last].next = queue->free_first;
    queue->free_first = head;
    return owner;
}

enum queue_news queue_take(struct queue *queue, struct queue_done *done)
{
    uint16_t waiting = (uint16_t)(queue->used->index - queue->used_seen);

    if (waiting == 0)
        return QUEUE_EMPTY;
    if (waiting > queue->in_flight)
        return QUEUE_IMPOSSIBLE;
    order_memory(); /* the index before what it shows (section 2.7.14) */
    uint32_t head = queue->used->ring[queue->used_seen % queue->size].id;
    uint32_t written = queue->used->ring[queue->used_seen % queue->size].length;
    if (head >= queue->size || queue->owner[head] == NULL || written > queue->writable[head])
        return QUEUE_IMPOSSIBLE;
    queue->used_seen++;
    done->written = written;
    done->owner = free_chain(queue, (uint16_t)head);
    return QUEUE_DONE;
}

void *queue_take_back(struct queue *queue)
{
    for (uint16_t head = 0; head < queue->size; head++) {
        void *owner = queue->owner[head];

        if (owner != NULL) {
            queue->owner[head] = NULL;
            queue->in_flight--;
            return owner;
        }
    }
    return NULL;
}
