/* main.c - the benchmark: measures operations in instructions, and prints a line for each.
 *
 * A line is `row name median minimum batch samples unit`, with instructions for one operation, or
 * `row name -` for what Octavo does not have yet. scripts/lib/counted.py runs it under -icount and
 * compares with other systems.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

static const char usage[] =
    "usage: bench [NAME...]\n"
    "Measures operations of the system in instructions: median, minimum,\n"
    "operations in a sample, samples. Exact only under QEMU's -icount: see `make bench`.\n";

enum { SAMPLES_MAX = 256, WARM_UP = 4 };

static const struct row *const groups[] = {call_rows,  message_rows, event_rows, memory_rows,
                                           pager_rows, process_rows, later_rows};
enum { GROUPS = sizeof groups / sizeof groups[0] };

static int fail(const char *what, int error)
{
    fprintf(stderr, "bench: %s: %s\n", what, strerror(error));
    return 1;
}

static int compare(const void *a, const void *b)
{
    long left = *(const long *)a, right = *(const long *)b;

    return (left > right) - (left < right);
}

/* Fills value[], sorted. -> 0 or a negated error. */
static long measure(const struct row *row, long *value)
{
    for (unsigned i = 0; i < (row->samples + WARM_UP - 1) / WARM_UP; i++) {
        if ((value[0] = row->sample(row->batch)) < 0)
            return value[0];
    }
    for (unsigned i = 0; i < row->samples; i++) {
        if ((value[i] = row->sample(row->batch)) < 0)
            return value[i];
    }
    qsort(value, row->samples, sizeof value[0], compare);
    return 0;
}

/* Instructions for one operation, with two digits behind the point. */
static void print_figure(long instructions, unsigned batch)
{
    long hundredths = (instructions * 100 + batch / 2) / batch;

    printf(" %ld.%02ld", hundredths / 100, hundredths % 100);
}

static int run(const struct row *row)
{
    static long value[SAMPLES_MAX];
    long result = 0;

    if (row->sample == NULL) {
        printf("row %s -\n", row->name);
        return 0;
    }
    if (row->prepare != NULL)
        result = row->prepare();
    if (result == 0)
        result = measure(row, value);
    if (row->finish != NULL)
        row->finish();
    if (result < 0)
        return fail(row->name, (int)-result);
    printf("row %s", row->name);
    print_figure(value[row->samples / 2], row->batch);
    print_figure(value[0], row->batch);
    printf(" %u %u %s\n", row->batch, row->samples, row->unit);
    fflush(stdout);
    return 0;
}

static const struct row *find(const char *name)
{
    for (unsigned i = 0; i < GROUPS; i++) {
        for (const struct row *row = groups[i]; row->name != NULL; row++) {
            if (strcmp(row->name, name) == 0)
                return row;
        }
    }
    return NULL;
}

static int run_all(void)
{
    int status = 0;

    for (unsigned i = 0; i < GROUPS; i++) {
        for (const struct row *row = groups[i]; row->name != NULL; row++)
            status |= run(row);
    }
    return status;
}

int main(int argc, char **argv)
{
    int status = 0;

    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    if (argc == 1)
        return run_all();
    for (int i = 1; i < argc; i++) {
        const struct row *row = find(argv[i]);

        status |= row == NULL ? fail(argv[i], ENOENT) : run(row);
    }
    return status;
}
