#pragma once
/* hart_list.h - sets of harts as people write them: 0,2-3. A set has a bit for each hart. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HART_LIST_HARTS = 64, /* their numbers are below this */
    HART_LIST_MAX = 128,  /* a list as text, with its NUL */
};

/* Reads numbers and ranges, in any order, with commas between them. False, and *harts unchanged, if
 * the text is anything else, or if a range runs backwards. */
bool hart_list_read(const char *text, uint64_t *harts);

/* Writes the shortest such list in ascending order; nothing for no harts. */
void hart_list_format(char text[HART_LIST_MAX], uint64_t harts);
