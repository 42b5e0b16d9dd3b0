/* progress.c - says on the terminal how far a long copy has come. */
#include "progress.h"

#include "number.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000ull

uint64_t progress_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

void progress_begin(struct progress *progress, const char *name, uint64_t total)
{
    uint64_t now = progress_clock();

    *progress = (struct progress){.name = name, .total = total, .begin_ns = now, .shown_ns = now};
}

void progress_add(struct progress *progress, uint64_t bytes)
{
    uint64_t now = progress_clock(), rate;
    char done[NUMBER_TEXT], speed[NUMBER_TEXT];

    progress->done += bytes;
    if (now - progress->shown_ns < SECOND_NS || isatty(STDERR_FILENO) == 0)
        return;
    rate = (uint64_t)((double)progress->done * SECOND_NS / (double)(now - progress->begin_ns));
    fprintf(stderr, "\r\033[K%s: %s", progress->name, number_human(done, progress->done));
    if (progress->total != 0)
        fprintf(stderr, ", %d%%", (int)((double)progress->done * 100 / (double)progress->total));
    fprintf(stderr, ", %s/s", number_human(speed, rate));
    fflush(stderr);
    progress->shown_ns = now;
    progress->is_shown = true;
}

void progress_end(struct progress *progress)
{
    if (progress->is_shown)
        fputs("\r\033[K", stderr);
    progress->is_shown = false;
}
