/* later.c - rows for what Octavo does not have yet; each moves to a file of its group with it. */
#include "bench.h"

const struct row later_rows[] = {
    {.name = "pipe_1"},    {.name = "pipe_4k"},     {.name = "file_write"},
    {.name = "file_read"}, {.name = "file_create"}, {0},
};
