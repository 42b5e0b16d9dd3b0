#pragma once
/* number.h - counts and sizes as people write and read them. */
#include <stdbool.h>
#include <stdint.h>

enum { NUMBER_TEXT = 24 };

/* Reads a decimal number with an optional unit: c 1, w 2, b 512, K or KiB 1024, KB 1000, and so on
 * with M, G, T, P, E. False if it is none, or too large. */
bool number_read(const char *text, uint64_t *value);

/* 1023, 1.5K, 12M: in the unit that leaves at most four digits, rounded up. */
const char *number_human(char text[NUMBER_TEXT], uint64_t bytes);

/* How many digits the number has. */
int number_width(uint64_t value);
