/* bytes.c - copying and clearing by words, many of them in a step.
 *
 * All loads and stores are aligned: hardware may trap on others. Nothing outside of the two ranges
 * is touched. All copying goes upwards and loads before it stores, so that the target may overlap
 * the source from below.
 */
#include "bytes.h"

#include <stdint.h>
#include <string.h>

/* What the bytes are declared as, somebody else knows. */
typedef uint64_t __attribute__((may_alias)) word_t;

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "join_words puts low bytes first");

enum {
    WORD = sizeof(word_t),
    WORDS_MANY = 64, /* in a step of a loop for pages */
    WORDS_FEW = 4,   /* in a step for the rest */
};

/* --- copy ------------------------------------------------------------------------------------- */

/* What is still to copy. */
struct copy {
    unsigned char *to;
    const unsigned char *from;
    size_t length;
};

static inline void copy_advance(struct copy *copy, size_t done)
{
    copy->to += done;
    copy->from += done;
    copy->length -= done;
}

static inline void copy_bytes(struct copy *copy, size_t count)
{
    for (size_t i = 0; i < count; i++)
        copy->to[i] = copy->from[i];
    copy_advance(copy, count);
}

/* As many steps of `words` words as there are. Both sides are aligned. */
static inline __attribute__((always_inline)) void copy_words(struct copy *copy, size_t words)
{
    while (copy->length >= words * WORD) {
        word_t *to = (word_t *)copy->to;
        const word_t *from = (const word_t *)copy->from;
#pragma GCC unroll 64
        for (size_t i = 0; i < words; i++)
            to[i] = from[i];
        copy_advance(copy, words * WORD);
    }
}

/* The same where only the target is aligned: each word of it is the end of one word of the source
 * and the start of the next. `ahead` bytes of the source have been loaded, into the low end of
 * `loaded`, and not stored. */
struct join {
    word_t loaded;
    size_t ahead;
};

static inline __attribute__((always_inline)) void join_words(struct copy *copy, struct join *join,
                                                             size_t words)
{
    const unsigned shift = 8 * join->ahead;

    while (copy->length >= join->ahead + words * WORD) {
        word_t *to = (word_t *)copy->to;
        const word_t *from = (const word_t *)(copy->from + join->ahead);
#pragma GCC unroll 4
        for (size_t i = 0; i < words; i++) {
            const word_t next = from[i];
            to[i] = join->loaded | next << shift;
            join->loaded = next >> (8 * WORD - shift);
        }
        copy_advance(copy, words * WORD);
    }
}

static void copy_joined(struct copy *copy)
{
    struct join join = {0, -(uintptr_t)copy->from % WORD};

    for (size_t i = 0; i < join.ahead; i++)
        join.loaded |= (word_t)copy->from[i] << 8 * i;
    join_words(copy, &join, WORDS_FEW);
    join_words(copy, &join, 1);
}

static void copy_aligned(struct copy *copy)
{
    copy_words(copy, WORDS_MANY);
    copy_words(copy, WORDS_FEW);
    copy_words(copy, 1);
}

void bytes_copy(void *to, const void *from, size_t length)
{
    struct copy copy = {to, from, length};

    if ((uintptr_t)to - (uintptr_t)from < length) { /* it overlaps the source from above */
        memmove(to, from, length);
        return;
    }
    if (length >= 2 * WORD) {
        copy_bytes(&copy, -(uintptr_t)to % WORD);
        if ((uintptr_t)copy.from % WORD == 0)
            copy_aligned(&copy);
        else
            copy_joined(&copy);
    }
    copy_bytes(&copy, copy.length);
}

/* --- zero ------------------------------------------------------------------------------------- */

void bytes_zero(void *to, size_t length)
{
    unsigned char *at = to;

    if (length >= WORDS_MANY * WORD) {
        const size_t head = -(uintptr_t)to % WORD;
        memset(at, 0, head);
        at += head;
        length -= head;
    }
    for (; length >= WORDS_MANY * WORD; length -= WORDS_MANY * WORD) {
        word_t *word = (word_t *)at;
#pragma GCC unroll 64
        for (size_t i = 0; i < WORDS_MANY; i++)
            word[i] = 0;
        at += WORDS_MANY * WORD;
    }
    memset(at, 0, length);
}
