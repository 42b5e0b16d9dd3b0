/* test_bytes.c - bytes_copy against a copy of one byte at a time, bytes_zero likewise: every
 * alignment, every length near a step of the loops, every kind of overlap. Buffers end with what is
 * to be read or written, so that AddressSanitizer sees one byte too much.
 */
#include "vm/bytes.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* cmocka.h wants these first. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { WORD = 8, LENGTHS_DENSE = 100, GUARD = 0xee };

/* Lengths: all short ones, then those around the large steps. */
static bool next_length(size_t *length)
{
    static const size_t sparse[] = {255,  256,  257,  503,  504,  511,  512, 513,
                                    1023, 1024, 1031, 1056, 4088, 4095, 4096};

    if (*length < LENGTHS_DENSE)
        return ++*length, true;
    for (size_t i = 0; i < sizeof sparse / sizeof *sparse; i++)
        if (sparse[i] > *length)
            return *length = sparse[i], true;
    return false;
}

/* Never the guard, and different in neighbouring bytes, words and steps. */
static unsigned char pattern(size_t i) { return (i * 7 + i / WORD * 3 + i / 512) % 0xee; }

static unsigned char *buffer_new(size_t size)
{
    unsigned char *buffer = malloc(size);

    assert_non_null(buffer);
    memset(buffer, GUARD, size);
    return buffer;
}

static void copy_and_compare(size_t to_skew, size_t from_skew, size_t length)
{
    unsigned char *source = buffer_new(from_skew + length);
    unsigned char *target = buffer_new(to_skew + length);

    for (size_t i = 0; i < length; i++)
        source[from_skew + i] = pattern(i);
    bytes_copy(target + to_skew, source + from_skew, length);
    for (size_t i = 0; i < to_skew; i++)
        assert_int_equal(target[i], GUARD);
    for (size_t i = 0; i < length; i++)
        assert_int_equal(target[to_skew + i], pattern(i));
    free(source);
    free(target);
}

static void test_bytes_copy_at_every_alignment_and_length(void **state)
{
    (void)state;
    copy_and_compare(1, 1, 0);
    for (size_t skews = 0; skews < WORD * WORD; skews++)
        for (size_t length = 0; next_length(&length);)
            copy_and_compare(skews / WORD, skews % WORD, length);
}

/* Both inside one buffer, the target `distance` behind the source, or before it. */
static void copy_overlapping(size_t start, ptrdiff_t distance, size_t length)
{
    const size_t size = start + length;
    unsigned char *buffer = buffer_new(size + (distance > 0 ? distance : 0));

    for (size_t i = 0; i < size; i++)
        buffer[i] = pattern(i);
    bytes_copy(buffer + start + distance, buffer + start, length);
    for (size_t i = 0; i < length; i++)
        assert_int_equal(buffer[start + distance + i], pattern(start + i));
    free(buffer);
}

static void test_bytes_copy_lets_target_and_source_overlap(void **state)
{
    enum { START = 600 };

    (void)state;
    for (ptrdiff_t distance = -40; distance <= 40; distance++)
        for (size_t length = 0; next_length(&length);)
            for (size_t skew = 0; skew < WORD; skew++)
                copy_overlapping(START + skew, distance, length);
    for (ptrdiff_t distance = -513; distance <= 513; distance += 2 * 513 / 6)
        copy_overlapping(START, distance, 4096);
}

static void test_bytes_zero_at_every_alignment_and_length(void **state)
{
    (void)state;
    for (size_t skew = 0; skew < WORD; skew++)
        for (size_t length = 0; next_length(&length);) {
            unsigned char *target = buffer_new(skew + length);
            bytes_zero(target + skew, length);
            for (size_t i = 0; i < skew + length; i++)
                assert_int_equal(target[i], i < skew ? GUARD : 0);
            free(target);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_copy_at_every_alignment_and_length),
        cmocka_unit_test(test_bytes_copy_lets_target_and_source_overlap),
        cmocka_unit_test(test_bytes_zero_at_every_alignment_and_length),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
