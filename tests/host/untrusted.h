#pragma once
/* untrusted.h - what tests of readers of untrusted bytes share: seeded chance, blocks of which any
 * byte read outside is caught by AddressSanitizer, and mutations.
 *
 * The environment variable OCTAVO_SEED replaces the seed; each test prints the one it used.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct chance {
    uint64_t state;
};

/* SplitMix64: every seed gives a good sequence. */
static inline uint64_t chance_next(struct chance *chance)
{
    uint64_t mixed = chance->state += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
}

/* A number in [0, limit); limit > 0. */
static inline size_t chance_below(struct chance *chance, size_t limit)
{
    return (size_t)(chance_next(chance) % limit);
}

static inline struct chance chance_seeded(const char *test)
{
    const char *given = getenv("OCTAVO_SEED");
    struct chance chance = {given ? strtoull(given, NULL, 0) : 20261122};
    printf("%s: seed %llu\n", test, (unsigned long long)chance.state);
    return chance;
}

/* Bytes that end where their allocation ends. */
struct block {
    uint8_t *bytes;
    size_t size;
};

static inline struct block block_copy(const void *bytes, size_t size)
{
    struct block block = {malloc(size ? size : 1), size};
    if (!block.bytes)
        abort();
    if (size == 0)
        block.bytes++; /* even the first byte is outside */
    else
        memcpy(block.bytes, bytes, size);
    return block;
}

static inline void block_free(struct block block)
{
    free(block.size ? block.bytes : block.bytes - 1);
}

enum mutation {
    MUTATE_BIT,
    MUTATE_BYTE,
    MUTATE_WORD_LITTLE, /* an interesting number, such as a length */
    MUTATE_WORD_BIG,
    MUTATE_WORD_STEP, /* a big-endian number a little larger or smaller */
    MUTATE_SWAP,      /* two words, such as tokens */
    MUTATE_COPY,      /* a few words over others */
    MUTATE_TRUNCATE,
    MUTATIONS,
};

static inline uint32_t interesting_word(struct chance *chance)
{
    static const uint32_t words[] = {
        0,      1,       2,          3,          4,          5,          8,          9,
        16,     0x7f,    0x80,       0xff,       0x100,      0xfff,      0x1000,     0x1001,
        0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffff0, 0xfffffffc, 0xffffffff,
    };
    return words[chance_below(chance, sizeof words / sizeof *words)];
}

static inline void word_write_big(uint8_t *bytes, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(word >> (24 - 8 * i));
}

static inline void mutate_words(struct chance *chance, struct block *block, enum mutation mutation)
{
    uint8_t *at = block->bytes + chance_below(chance, block->size / 4) * 4;
    uint8_t *other = block->bytes + chance_below(chance, block->size / 4) * 4;
    uint32_t word = interesting_word(chance);
    uint8_t saved[4];
    switch (mutation) {
    case MUTATE_WORD_LITTLE:
        memcpy(at, &word, 4);
        break;
    case MUTATE_WORD_BIG:
        word_write_big(at, word);
        break;
    case MUTATE_WORD_STEP:
        word = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
        word_write_big(at, word + (uint32_t)chance_below(chance, 17) - 8);
        break;
    case MUTATE_SWAP:
        memcpy(saved, at, 4);
        memmove(at, other, 4);
        memcpy(other, saved, 4);
        break;
    default: {
        size_t room = (size_t)(block->bytes + block->size - (at > other ? at : other)) / 4;
        memmove(at, other, 4 * (1 + chance_below(chance, room < 16 ? room : 16)));
    }
    }
}

/* Changes *block in one place; truncating gives it a new allocation. */
static inline void block_mutate_once(struct chance *chance, struct block *block)
{
    enum mutation mutation = chance_below(chance, MUTATIONS);
    if (block->size < 4)
        return;
    uint8_t *at = block->bytes + chance_below(chance, block->size);
    if (mutation == MUTATE_BIT) {
        *at ^= (uint8_t)(1 << chance_below(chance, 8));
    } else if (mutation == MUTATE_BYTE) {
        *at = (uint8_t)chance_next(chance);
    } else if (mutation == MUTATE_TRUNCATE) {
        struct block shorter = block_copy(block->bytes, chance_below(chance, block->size));
        block_free(*block);
        *block = shorter;
    } else {
        mutate_words(chance, block, mutation);
    }
}

/* A copy of `original` with one to four changes; the caller frees it. */
static inline struct block block_mutated(struct chance *chance, struct block original)
{
    struct block copy = block_copy(original.bytes, original.size);
    for (size_t changes = 1 + chance_below(chance, 4); changes > 0; changes--)
        block_mutate_once(chance, &copy);
    return copy;
}
