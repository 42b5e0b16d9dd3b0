/* main.c - top: who uses the harts, again and again.
 *
 * On a terminal it draws over the same screen and listens to keys. With -n, or without a terminal,
 * it writes plain lines and reads nothing, so that what is typed behind it is for the next program.
 */
#include <ctype.h>
#include <errno.h>
#include <octavo/calls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "keys.h"
#include "view.h"

static const char usage[] =
    "usage: top [-t] [-d SECONDS] [-n COUNT]\n"
    "Shows who uses the harts, every second, until q or Ctrl-C. CPU% is a share of one hart.\n"
    "  -t   threads instead of processes\n"
    "  -d   the time between two tables: 0.1 to 3600\n"
    "  -n   writes that many tables as plain lines, and reads no keys\n"
    "The first table counts from boot on, each other one from the table before it.\n";

enum { STATUS_FAILURE = 1, STATUS_MISUSE = 2, ROWS_UNKNOWN = 24, COLUMNS_UNKNOWN = 80 };
enum { KEY_INTERRUPT = 3, COLUMNS_PLAIN = 160, SCREEN_BYTES = 16384 };

#define DELAY_MIN_NS UINT64_C(100000000)
#define DELAY_MAX_NS UINT64_C(3600000000000)

struct top {
    struct view view;
    struct sample samples[2];
    unsigned now; /* which of them is the newer */
    long count;   /* tables to write; 0: no end */
};

/* ---- options --------------------------------------------------------------------------------- */

/* Nanoseconds, or 0 if the text is no time that fits. */
static uint64_t delay_read(const char *text)
{
    char *end;
    double ns = strtod(text, &end) * 1e9;
    bool begins_right = isdigit((unsigned char)text[0]) || text[0] == '.';

    if (!begins_right || *end != '\0' || !(ns >= DELAY_MIN_NS && ns <= DELAY_MAX_NS))
        return 0;
    return (uint64_t)ns;
}

/* A count from 1 on, or 0 if the text is none. */
static long count_read(const char *text)
{
    char *end;
    long count = strtol(text, &end, 10);

    return isdigit((unsigned char)text[0]) && *end == '\0' && count < INT32_MAX ? count : 0;
}

static int misuse(const char *argument, const char *what)
{
    if (argument != NULL)
        fprintf(stderr, "top: %s: not %s\n", argument, what);
    else
        fprintf(stderr, "%.*s\n", (int)strcspn(usage, "\n"), usage);
    return STATUS_MISUSE;
}

/* Returns 0, or the status to exit with, after a complaint. */
static int options_read(int argc, char **argv, struct top *top)
{
    int option;

    while ((option = getopt(argc, argv, "td:n:")) != -1) {
        switch (option) {
        case 't':
            top->view.threads = true;
            break;
        case 'd':
            top->view.delay_ns = delay_read(optarg);
            if (top->view.delay_ns == 0)
                return misuse(optarg, "a time from 0.1 to 3600 seconds");
            break;
        case 'n':
            top->count = count_read(optarg);
            if (top->count == 0)
                return misuse(optarg, "a count from 1 on");
            break;
        default:
            return misuse(NULL, NULL);
        }
    }
    return optind == argc ? 0 : misuse(NULL, NULL);
}

/* ---- tables ---------------------------------------------------------------------------------- */

static int fail(const char *what, int error)
{
    fprintf(stderr, "top: %s: %s\n", what, strerror(error));
    return STATUS_FAILURE;
}

static uint64_t deadline(const struct top *top)
{
    return top->samples[top->now].time_ns + top->view.delay_ns;
}

/* Looks at the machine again. -> 0 or a negated error. */
static long renew(struct top *top)
{
    struct sample *before = &top->samples[top->now], *now = &top->samples[1 - top->now];
    long result = sample_take(now);

    if (result < 0)
        return result;
    sample_compare(now, before);
    top->now = 1 - top->now;
    return 0;
}

/* False: nobody takes the text. */
static bool show(const struct top *top)
{
    view_print(stdout, &top->view, &top->samples[top->now]);
    return fflush(stdout) == 0 && !ferror(stdout);
}

/* Returns the status to exit with. */
static int run_plain(struct top *top)
{
    for (long n = 0; top->count == 0 || n < top->count; n++) {
        if (n > 0) {
            clock_sleep(deadline(top));
            putchar('\n');
        }
        long result = renew(top);
        if (result < 0)
            return fail("the machine", (int)-result);
        if (!show(top))
            return fail("write error", EIO);
    }
    return 0;
}

/* ---- the screen ------------------------------------------------------------------------------ */

enum reaction { REACTION_WAIT, REACTION_SHOW, REACTION_RENEW, REACTION_QUIT };

static enum reaction press(struct view *view, int key)
{
    switch (key) {
    case KEYS_NONE:
    case ' ':
        return REACTION_RENEW;
    case 'q':
    case KEY_INTERRUPT:
        return REACTION_QUIT;
    case 't':
        view->threads = !view->threads;
        return REACTION_SHOW;
    case 'i':
        view->used_only = !view->used_only;
        return REACTION_SHOW;
    case '+':
        view->delay_ns = view->delay_ns * 2 < DELAY_MAX_NS ? view->delay_ns * 2 : DELAY_MAX_NS;
        return REACTION_SHOW;
    case '-':
        view->delay_ns = view->delay_ns / 2 > DELAY_MIN_NS ? view->delay_ns / 2 : DELAY_MIN_NS;
        return REACTION_SHOW;
    default:
        return REACTION_WAIT;
    }
}

/* Shows one sample until it is time for the next. */
static enum reaction show_for_a_while(struct top *top)
{
    enum reaction reaction = REACTION_SHOW;

    while (reaction < REACTION_RENEW) {
        if (reaction == REACTION_SHOW && !show(top))
            return REACTION_QUIT;
        reaction = press(&top->view, keys_wait(deadline(top)));
    }
    return reaction;
}

/* Returns the status to exit with. */
static int run_screen(struct top *top)
{
    static char screen[SCREEN_BYTES];
    enum reaction reaction = REACTION_RENEW;
    long result = 0;

    setvbuf(stdout, screen, _IOFBF, sizeof screen); /* a whole table is one write */
    fputs("\x1b[2J", stdout);                       /* ECMA-48: ED of the whole page */
    while (reaction == REACTION_RENEW && (result = renew(top)) == 0)
        reaction = show_for_a_while(top);
    keys_end();
    if (result < 0)
        return fail("the machine", (int)-result);
    return ferror(stdout) ? fail("write error", EIO) : 0;
}

static bool takes_keys(const struct top *top)
{
    return top->count == 0 && isatty(STDOUT_FILENO) && keys_start();
}

int main(int argc, char **argv)
{
    static struct top top = {.view = {.columns = COLUMNS_PLAIN, .delay_ns = 1000000000}};
    struct winsize size;

    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return fputs(usage, stdout) < 0 ? STATUS_FAILURE : 0;
    int status = options_read(argc, argv, &top);
    if (status != 0)
        return status;
    if (!takes_keys(&top))
        return run_plain(&top);
    top.view.on_screen = true;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 2 || size.ws_col == 0)
        size = (struct winsize){.ws_row = ROWS_UNKNOWN, .ws_col = COLUMNS_UNKNOWN};
    top.view.rows = size.ws_row - 1u; /* the last one is the cursor's */
    top.view.columns = size.ws_col;
    return run_screen(&top);
}
