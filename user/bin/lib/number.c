/* number.c - counts and sizes as people write and read them. */
#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char letters[] = "KMGTPE";

enum { LAST_LETTER = sizeof letters - 2 };

/* The factor that a unit stands for; 0: there is no such unit. */
static uint64_t unit_factor(const char *unit)
{
    const char *letter;
    uint64_t base = 1024, factor = 1;

    if (*unit == '\0' || strcmp(unit, "c") == 0)
        return 1;
    if (strcmp(unit, "w") == 0)
        return 2;
    if (strcmp(unit, "b") == 0)
        return 512;
    letter = strchr(letters, toupper((unsigned char)*unit));
    if (letter == NULL)
        return 0;
    if (strcmp(unit + 1, "B") == 0)
        base = 1000;
    else if (unit[1] != '\0' && strcmp(unit + 1, "iB") != 0)
        return 0;
    for (const char *l = letters; l <= letter; l++)
        factor *= base;
    return factor;
}

bool number_read(const char *text, uint64_t *value)
{
    unsigned long long number;
    uint64_t factor;
    char *end;

    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    number = strtoull(text, &end, 10);
    factor = unit_factor(end);
    return errno == 0 && factor != 0 && !__builtin_mul_overflow(number, factor, value);
}

const char *number_human(char text[NUMBER_TEXT], uint64_t bytes)
{
    uint64_t unit = 1024, whole, rest, tenths;
    int letter = 0;

    if (bytes < unit) {
        snprintf(text, NUMBER_TEXT, "%llu", (unsigned long long)bytes);
        return text;
    }
    for (; bytes / unit >= 1024 && letter < LAST_LETTER; letter++)
        unit *= 1024;
    whole = bytes / unit;
    rest = bytes % unit;
    tenths = whole * 10 + (rest * 10 + unit - 1) / unit;
    if (tenths < 100) {
        snprintf(text, NUMBER_TEXT, "%d.%d%c", (int)tenths / 10, (int)tenths % 10, letters[letter]);
        return text;
    }
    whole += rest != 0;
    if (whole == 1024 && letter < LAST_LETTER)
        snprintf(text, NUMBER_TEXT, "1.0%c", letters[letter + 1]);
    else
        snprintf(text, NUMBER_TEXT, "%d%c", (int)whole, letters[letter]);
    return text;
}

int number_width(uint64_t value)
{
    int width = 1;

    for (; value >= 10; value /= 10)
        width++;
    return width;
}
