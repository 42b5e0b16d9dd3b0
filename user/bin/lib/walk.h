#pragma once
/* walk.h - visits a file, and if it is a folder all that is in it, to any depth.
 *
 * Symbolic links inside are visited, not followed. A folder is read as a whole when it is entered,
 * so a visitor may remove what it visits.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

enum walk_when {
    WALK_FILE,       /* anything that is no folder */
    WALK_ENTER,      /* a folder, before what is in it */
    WALK_LEAVE,      /* the same, after it; not if WALK_ENTER was answered by WALK_SKIP */
    WALK_UNREADABLE, /* errno says why; between ENTER and LEAVE: the folder cannot be read. Its
                        `directory` means nothing. */
};

enum walk_answer {
    WALK_GO_ON,
    WALK_SKIP, /* to WALK_ENTER: leave out what is in the folder */
};

struct walk_entry {
    const char *path; /* for messages: the argument, and the names below it */
    const char *name; /* in the folder `directory`, a descriptor for calls such as openat */
    int directory;
    size_t depth;              /* 0: the argument itself */
    const struct stat *status; /* NULL for WALK_UNREADABLE if there is none */
    bool is_incomplete;        /* WALK_LEAVE: it could not be read to its end */
};

typedef enum walk_answer walk_visit(void *context, enum walk_when when,
                                    const struct walk_entry *entry);

/* Visits `path` and what is below; `follow`: if it is a symbolic link, what it leads to. Returns 0,
 * or 1 after a complaint, if folders were moved meanwhile and the way back was lost. */
int walk(const char *path, bool follow, walk_visit *visit, void *context);
