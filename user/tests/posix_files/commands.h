#pragma once
/* commands.h - the language of the cases: a command is one call, whose result becomes a word of the
 * case's line.
 *
 * A script is commands divided by `;`, of words divided by blanks; `{300}` in a word stands for 300
 * letters x, and `{0}` for an empty word. Words that name a descriptor: a letter from a to h is a
 * slot that an earlier command filled, `.` the current directory, `!` a number that is not open,
 * `-` the number -1. Commands between `child` and `parent` run in a forked process. This builds for
 * Octavo and for the host with the same meaning, so it keeps to what both have.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SLOTS = 8, NOT_OPEN = 999, TEXT_MAX = 4096, WORDS_MAX = 8, LONG_TEXT = 8192 };

/* What a command gives: the result of its call, and words on what it found. */
struct answer {
    long result;
    char text[TEXT_MAX];
};

struct command {
    const char *name;
    unsigned words; /* at least, behind the name; the others are "" */
    void (*run)(char *const *word, struct answer *answer);
};

/* Each table ends with a NULL name. */
extern const struct command file_commands[];      /* one open file */
extern const struct command name_commands[];      /* paths */
extern const struct command status_commands[];    /* what a file is */
extern const struct command directory_commands[]; /* reading directories */
extern const struct command process_commands[];   /* fork, exec, mappings, many files */

/* The descriptor that a word names. */
int slot_get(const char *word);

/* Fills a slot with the result of an open, which becomes 0 or -1. */
long slot_set(const char *word, int file);

void slots_close(void);

long number(const char *word);
unsigned octal(const char *word);

/* Appends to the answer's text. */
void say(struct answer *answer, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends bytes; a NUL and what cannot be printed appear as numbers. */
void say_bytes(struct answer *answer, const char *bytes, size_t count);

/* The directory in which the scripts begin, so that they can leave its path out. */
const char *scratch_path(void);

/* How this program can be run again. */
const char *own_path(void);

/* Runs a script and prints ` name=result` for each command. */
void script_run(const char *script);

/* `name=` for errno; NULL for one that no case expects. */
const char *error_name(int error);
