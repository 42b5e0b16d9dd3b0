#pragma once
/* ring.h - bytes that wait in order, up to a fixed number. */
#include <stddef.h>
#include <stdint.h>

enum { RING_SIZE = 4096 }; /* a power of two, so that indices may wrap around */

/* bytes[first % RING_SIZE] is the oldest of end - first bytes. */
struct ring {
    uint32_t first, end;
    uint8_t bytes[RING_SIZE];
};

static inline size_t ring_count(const struct ring *ring) { return ring->end - ring->first; }

static inline size_t ring_room(const struct ring *ring) { return RING_SIZE - ring_count(ring); }

static inline void ring_clear(struct ring *ring) { ring->first = ring->end; }

/* There must be room. */
static inline void ring_put(struct ring *ring, uint8_t byte)
{
    ring->bytes[ring->end++ % RING_SIZE] = byte;
}

/* There must be a byte. */
static inline uint8_t ring_get(struct ring *ring) { return ring->bytes[ring->first++ % RING_SIZE]; }

/* The oldest bytes, as many as lie side by side. They stay until ring_drop. */
static inline size_t ring_peek(const struct ring *ring, const uint8_t **bytes)
{
    size_t start = ring->first % RING_SIZE;
    size_t count = ring_count(ring);

    *bytes = ring->bytes + start;
    return count < RING_SIZE - start ? count : RING_SIZE - start;
}

static inline void ring_drop(struct ring *ring, size_t count) { ring->first += (uint32_t)count; }
