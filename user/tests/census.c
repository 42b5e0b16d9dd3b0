/* census.c - not a test: prints what is alive in the system, on one line, for a test to compare
 * before and after. `pages` are those that processes have to themselves, this one included. */
#include "tests/lib/census.h"

#include <stdio.h>

int main(void)
{
    struct census census;
    census_settle();
    census_take(&census);
    printf("free=%lu pages=%lu areas=%lu objects=", (unsigned long)census.free_frames,
           (unsigned long)census.own_pages, (unsigned long)census.areas);
    for (int kind = 0; kind < CENSUS_OBJECT_KINDS; kind++)
        printf("%lu%c", (unsigned long)census.objects[kind],
               kind + 1 < CENSUS_OBJECT_KINDS ? ',' : '\n');
    return 0;
}
