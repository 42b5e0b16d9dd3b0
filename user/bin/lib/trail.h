#pragma once
/* trail.h - a way down into folders of any depth, with a bounded number of files open.
 *
 * The outermost folders stay open; a deeper one is closed when the next is entered, and found again
 * by `..` on the way back: if that is another folder than before, somebody moved something, and the
 * way back fails. No path is made, so that none can be too long.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct trail_step {
    dev_t device;
    ino_t inode;
    int file;  /* of the folder, or -1: closed */
    bool mark; /* for whoever walks */
};

/* All zero: a trail that has not begun. */
struct trail {
    struct trail_step *steps;
    size_t count, capacity;
    size_t seen; /* the step that is compared with new ones, to find circles */
};

/* Enters the folder `name` of `directory`, which stands for the folder that the trail is in, or for
 * a descriptor if it has not begun; `flags` are added to those of open. False with errno: ELOOP for
 * a folder inside itself. */
bool trail_enter(struct trail *trail, int directory, const char *name, int flags);

/* The folder that the trail is in, for calls such as openat. */
int trail_file(const struct trail *trail);

/* Goes back to the folder above. False with errno if it is gone: then the trail has ended. */
bool trail_leave(struct trail *trail);

/* Goes all the way back and frees. */
void trail_end(struct trail *trail);
