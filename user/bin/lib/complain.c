/* complain.c - messages, questions, and names in quotes. */
#include "complain.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUOTED_TEXTS = 4, QUOTED_GROWTH = 4, QUOTED_MORE = 8 };

static const char *program_name = "";

void complain_as(const char *program) { program_name = program; }

/* One line, in one piece, with the meaning of `error` if it is not 0. */
static void line_print(const char *format, va_list arguments, int error)
{
    fflush(stdout);
    fprintf(stderr, "%s: ", program_name);
    vfprintf(stderr, format, arguments);
    if (error != 0)
        fprintf(stderr, ": %s", strerror(error));
    fputc('\n', stderr);
}

int complain(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    line_print(format, arguments, 0);
    va_end(arguments);
    return 1;
}

int complain_errno(const char *format, ...)
{
    int error = errno;
    va_list arguments;

    va_start(arguments, format);
    line_print(format, arguments, error);
    va_end(arguments);
    return 1;
}

int complain_usage(const char *usage)
{
    fprintf(stderr, "%.*s\n", (int)strcspn(usage, "\n"), usage);
    return 1;
}

/* ---- quotes ---------------------------------------------------------------------------------- */

static bool is_odd(unsigned char c) { return iscntrl(c) != 0; }

/* How $'...' writes a byte. */
static char *odd_byte_write(char *to, unsigned char c)
{
    static const char letters[] = "abtnvfr"; /* 7 to 13 */

    *to++ = '\\';
    if (c >= '\a' && c <= '\r') {
        *to++ = letters[c - '\a'];
        return to;
    }
    for (int shift = 6; shift >= 0; shift -= 3)
        *to++ = (char)('0' + (c >> shift & 7));
    return to;
}

/* Single quotes around what is plain, $'...' around what is odd, \' for a quote. */
static char *escaped_write(char *to, const char *name)
{
    bool inside = true; /* single quotes are open */

    *to++ = '\'';
    while (*name != '\0') {
        if (!inside && !is_odd((unsigned char)*name)) {
            *to++ = '\'';
            inside = true;
        }
        if (*name == '\'') {
            to = stpcpy(to, "'\\''");
            name++;
        } else if (!is_odd((unsigned char)*name)) {
            *to++ = *name++;
        } else {
            to = stpcpy(to, inside ? "'$'" : "$'");
            while (is_odd((unsigned char)*name))
                to = odd_byte_write(to, (unsigned char)*name++);
            *to++ = '\'';
            inside = false;
        }
    }
    if (inside)
        *to++ = '\'';
    return to;
}

const char *quoted(const char *name)
{
    static char *texts[QUOTED_TEXTS];
    static unsigned next;
    int error = errno;
    char **text = &texts[next++ % QUOTED_TEXTS], *end;
    bool has_odd = false;

    *text = must(realloc(*text, strlen(name) * QUOTED_GROWTH + QUOTED_MORE));
    for (const char *c = name; *c != '\0'; c++)
        has_odd |= is_odd((unsigned char)*c);
    if (strchr(name, '\'') != NULL && !has_odd && strpbrk(name, "\"$`\\") == NULL) {
        (*text)[0] = '"';
        end = stpcpy(*text + 1, name);
        *end++ = '"';
    } else {
        end = escaped_write(*text, name);
    }
    *end = '\0';
    errno = error;
    return *text;
}

/* ---- questions ------------------------------------------------------------------------------- */

bool ask(const char *format, ...)
{
    va_list arguments;
    int first, c;

    fflush(stdout);
    fprintf(stderr, "%s: ", program_name);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fflush(stderr);
    first = c = getchar();
    while (c != '\n' && c != EOF)
        c = getchar();
    return first == 'y' || first == 'Y';
}

void *must(void *memory)
{
    if (memory != NULL)
        return memory;
    complain("out of memory");
    exit(1);
}
