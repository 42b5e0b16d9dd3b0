/* trail.c - a way down into folders of any depth, with a bounded number of files open. */
#include "trail.h"

#include "complain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEPS_OPEN = 8, STEPS_GROWTH = 16 };

static struct trail_step *last_step(const struct trail *trail)
{
    return &trail->steps[trail->count - 1];
}

int trail_file(const struct trail *trail) { return last_step(trail)->file; }

static bool is_step(const struct trail_step *step, const struct stat *status)
{
    return step->device == status->st_dev && step->inode == status->st_ino;
}

/* A circle passes the compared step again, wherever that is on it; as the step moves on at each
 * doubling of the depth, it comes to be on the circle. */
static bool is_circle(struct trail *trail, const struct stat *status)
{
    if (trail->count == 0)
        return false;
    if (is_step(&trail->steps[trail->seen], status) || is_step(last_step(trail), status))
        return true;
    if (trail->count >= 2 * (trail->seen + 1))
        trail->seen = trail->count - 1;
    return false;
}

static void step_add(struct trail *trail, struct trail_step step)
{
    if (trail->count == trail->capacity) {
        trail->capacity += trail->capacity + STEPS_GROWTH;
        trail->steps = must(realloc(trail->steps, trail->capacity * sizeof *trail->steps));
    }
    if (trail->count > STEPS_OPEN) {
        close(last_step(trail)->file);
        last_step(trail)->file = -1;
    }
    trail->steps[trail->count++] = step;
}

bool trail_enter(struct trail *trail, int directory, const char *name, int flags)
{
    int file = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
    struct stat status;
    int error;

    if (file < 0)
        return false;
    if (fstat(file, &status) != 0) {
        error = errno;
    } else if (is_circle(trail, &status)) {
        error = ELOOP;
    } else {
        step_add(trail, (struct trail_step){status.st_dev, status.st_ino, file, false});
        return true;
    }
    close(file);
    errno = error;
    return false;
}

/* Opens the folder of `step` again from the one below it. */
static bool step_open(struct trail_step *step, int below)
{
    int file = openat(below, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct stat status;

    if (file < 0)
        return false;
    if (fstat(file, &status) != 0 || !is_step(step, &status)) {
        close(file);
        errno = ENOENT;
        return false;
    }
    step->file = file;
    return true;
}

bool trail_leave(struct trail *trail)
{
    int below = trail_file(trail);
    bool is_there = true;

    trail->count--;
    if (trail->seen >= trail->count)
        trail->seen = 0;
    if (trail->count != 0 && trail_file(trail) < 0)
        is_there = step_open(last_step(trail), below);
    int error = errno;
    close(below);
    errno = error;
    return is_there;
}

void trail_end(struct trail *trail)
{
    for (size_t i = 0; i < trail->count; i++)
        if (trail->steps[i].file >= 0)
            close(trail->steps[i].file);
    free(trail->steps);
    *trail = (struct trail){0};
}
