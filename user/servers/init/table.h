#pragma once
/* table.h - reads a line of /etc/servers.
 *
 *     name  path  names  devices  priority  restart  [arguments]
 *
 * Fields are parted by blanks. `names` (what it may register) and `devices` (what it is given) are
 * lists joined by `+`, or `-` for none. restart: always, failure (unless it exits with 0) or never.
 * From `#` on a line is comment. docs/servers.md has examples.
 */
#include <octavo/error.h>

enum { TABLE_LIST_MAX = 8, TABLE_ARGUMENTS_MAX = 8 };

enum restart_policy { RESTART_ALWAYS, RESTART_ON_FAILURE, RESTART_NEVER };

struct table_list {
    const char *item[TABLE_LIST_MAX];
    unsigned count;
};

/* The strings are in the text that was parsed. */
struct table_line {
    const char *name;
    const char *path;
    struct table_list names;
    struct table_list devices;
    int priority;
    enum restart_policy restart;
    char *argument[TABLE_ARGUMENTS_MAX + 2]; /* argv: path, arguments, NULL */
};

/* Parses one line, in place: `text` is cut into pieces and must live as long as *line. E_NOENT:
 * nothing but blanks and comment; E_INVAL, with *complaint for people. */
enum error table_parse_line(char *text, struct table_line *line, const char **complaint) MUST_USE;
