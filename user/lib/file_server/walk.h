#pragma once
/* walk.h - where a path leads: component by component, through links, up to where it leaves the
 * server.
 *
 *     struct walk walk;
 *     walk_begin(&walk, fs);
 *     ... the path to walk.at, its end to walk.end ...
 *     status = walk_path(&walk, start, WALK_FOLLOW)
 *     ...
 *     walk_end(&walk)
 */
#include <octavo/file_server.h>

enum {
    WALK_LINKS_MAX = 40,
    WALK_ROOM = 3 * FILE_PATH_MAX, /* for targets of links before what is left of the path */
};

enum {
    WALK_FOLLOW = 1 << 0, /* a symbolic link at the end too */
    /* The last name as it stands in its directory: neither a link nor what is mounted there is
     * entered, whatever slashes follow. */
    WALK_NAME = 1 << 1,
    WALK_FILE = 1 << 2, /* the last name shall be a file's: E_ISDIR: a slash stands behind it */
};

/* What stands at a path's end. */
enum walk_last { WALK_LAST_NAME, WALK_LAST_DOT, WALK_LAST_DOT_DOT, WALK_LAST_NOTHING };

struct walk {
    struct file_system *fs;

    /* Where the path led; both are held until walk_end. */
    struct file_node *directory; /* that has `name`; with other ends what `node` is */
    struct file_node *node;      /* NULL: nothing has that name */
    enum walk_last last;
    struct file_name name; /* in text */
    bool slash;            /* one stands behind the name */

    /* Where it left the server. */
    unsigned from; /* FILE_FROM_ROOT, FILE_FROM_CHANNEL */
    int channel;   /* owned, or HANDLE_NONE */

    char *at, *end; /* what is left of the path, in text */
    unsigned links; /* followed */
    char text[WALK_ROOM + FILE_PATH_MAX + 1];
};

/* The path goes to walk->at, where the caller puts up to FILE_PATH_MAX bytes and sets walk->end. */
void walk_begin(struct walk *walk, struct file_system *fs);

/* Walks from `start`. -> 0; FILE_GO_ON, with `from`, `channel` and the rest from `at` to `end`; or
 * a negated error. That the last name is not there is none. */
long walk_path(struct walk *walk, struct file_node *start, unsigned flags);

/* The same, and something is there: E_NOENT; E_NOTDIR: a slash behind what is no directory. */
long walk_find(struct walk *walk, struct file_node *start, unsigned flags);

/* After walk_path, whatever it gave. */
void walk_end(struct walk *walk);
