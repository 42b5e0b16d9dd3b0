/* hart_list.c - sets of harts as people write them. */
#include <octavo/hart_list.h>

#include <ctype.h>
#include <stdio.h>

/* The number of a hart that the text begins with, or -1; moves *text behind it. */
static int number_read(const char **text)
{
    int number = 0;

    if (!isdigit((unsigned char)**text))
        return -1;
    for (; isdigit((unsigned char)**text); (*text)++) {
        number = number * 10 + (**text - '0');
        if (number >= HART_LIST_HARTS)
            return -1;
    }
    return number;
}

/* The harts first to last. */
static uint64_t harts_between(int first, int last)
{
    return (UINT64_MAX >> (HART_LIST_HARTS - 1 - (last - first))) << first;
}

bool hart_list_read(const char *text, uint64_t *harts)
{
    uint64_t read = 0;

    for (;; text++) {
        int first = number_read(&text), last = first;

        if (*text == '-') {
            text++;
            last = number_read(&text);
        }
        if (first < 0 || last < first)
            return false;
        read |= harts_between(first, last);
        if (*text != ',')
            break;
    }
    if (*text != '\0')
        return false;
    *harts = read;
    return true;
}

static bool hart_is_in(uint64_t harts, int hart)
{
    return hart >= 0 && hart < HART_LIST_HARTS && (harts >> hart & 1) != 0;
}

void hart_list_format(char text[HART_LIST_MAX], uint64_t harts)
{
    size_t length = 0;

    text[0] = '\0';
    for (int first = 0; first < HART_LIST_HARTS; first++) {
        int last = first;

        if (!hart_is_in(harts, first) || hart_is_in(harts, first - 1))
            continue;
        while (hart_is_in(harts, last + 1))
            last++;
        length += (size_t)snprintf(text + length, HART_LIST_MAX - length, "%s%d",
                                   length == 0 ? "" : ",", first);
        if (last > first)
            length += (size_t)snprintf(text + length, HART_LIST_MAX - length, "-%d", last);
    }
}
