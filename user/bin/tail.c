/* tail.c - prints the end of files.
 *
 * Of a file that has a size the end is looked for from behind. Of anything else as much is kept as
 * may belong to the end, in a list of pieces.
 */
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/bytes.h"
#include "lib/complain.h"
#include "lib/part.h"
#include "utility.h"

static const char usage[] = "usage: tail [-qv] [-n [+]LINES | -c [+]BYTES] [FILE...]\n"
                            "Prints the last 10 lines of each file, or of the input.\n"
                            "  -n LINES, -c BYTES     so many instead\n"
                            "  -n +LINE, -c +BYTE     all from that one on\n"
                            "  -q, -v                 never, always with the name of the file\n";

enum { PIECE_BYTES = 16 * 1024, DEFAULT_LINES = 10 };

struct piece {
    struct piece *next;
    size_t length;
    uint64_t measure; /* bytes or ends of lines */
    char bytes[PIECE_BYTES];
};

static struct piece scratch;

static uint64_t lines_in(const char *bytes, size_t length)
{
    uint64_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += bytes[i] == '\n';
    return count;
}

static int rest_copy(int file, const char *name)
{
    ssize_t length;

    while ((length = bytes_read(file, scratch.bytes, PIECE_BYTES)) > 0)
        if (!part_write(scratch.bytes, (size_t)length))
            return 1;
    return length < 0 ? complain_errno("error reading %s", quoted(name)) : 0;
}

/* ---- from the Nth on ------------------------------------------------------------------------- */

/* How many bytes of the piece are to be left out; `left` counts down what is. */
static size_t skipped_part(const char *bytes, size_t length, uint64_t *left, bool of_bytes)
{
    size_t skipped = 0;

    if (of_bytes) {
        skipped = *left < length ? (size_t)*left : length;
        *left -= skipped;
        return skipped;
    }
    for (; skipped < length && *left != 0; skipped++)
        *left -= bytes[skipped] == '\n';
    return skipped;
}

static int print_from(int file, const char *name, const struct part_options *options)
{
    uint64_t left = options->count == 0 ? 0 : options->count - 1;

    while (left != 0) {
        ssize_t length = bytes_read(file, scratch.bytes, PIECE_BYTES);

        if (length < 0)
            return complain_errno("error reading %s", quoted(name));
        if (length == 0)
            return 0;
        size_t skipped = skipped_part(scratch.bytes, (size_t)length, &left, options->of_bytes);
        if (!part_write(scratch.bytes + skipped, (size_t)length - skipped))
            return 1;
    }
    return rest_copy(file, name);
}

/* ---- the end of what has a size -------------------------------------------------------------- */

/* Where the last `count` lines between `start` and `end` begin, or -1. */
static off_t lines_start(int file, off_t start, off_t end, uint64_t count)
{
    off_t last = end;

    while (end > start) {
        size_t length = end - start < PIECE_BYTES ? (size_t)(end - start) : PIECE_BYTES;

        end -= (off_t)length;
        if (lseek(file, end, SEEK_SET) < 0 ||
            bytes_read_all(file, scratch.bytes, length) != (ssize_t)length)
            return -1;
        for (size_t i = length; i-- > 0;) {
            off_t place = end + (off_t)i;

            /* The end of the last line begins no other. */
            if (scratch.bytes[i] == '\n' && place != last - 1 && --count == 0)
                return place + 1;
        }
    }
    return start;
}

static int print_sized(int file, const char *name, const struct part_options *options, off_t end)
{
    off_t start = lseek(file, 0, SEEK_CUR);

    if (start < end && options->count == 0)
        start = end;
    else if (start < end && !options->of_bytes)
        start = lines_start(file, start, end, options->count);
    else if (start < end && options->count < (uint64_t)(end - start))
        start = end - (off_t)options->count;
    if (start < 0 || lseek(file, start, SEEK_SET) < 0)
        return complain_errno("error reading %s", quoted(name));
    return rest_copy(file, name);
}

/* ---- the end of what flows ------------------------------------------------------------------- */

struct pieces {
    struct piece *first, *last;
    uint64_t measure;
};

/* Adds what was read, and drops what cannot belong to the end any more. */
static void pieces_add(struct pieces *pieces, struct piece *piece, uint64_t count)
{
    piece->next = NULL;
    if (pieces->last != NULL)
        pieces->last->next = piece;
    else
        pieces->first = piece;
    pieces->last = piece;
    pieces->measure += piece->measure;
    while (pieces->measure - pieces->first->measure > count) {
        struct piece *gone = pieces->first;

        pieces->measure -= gone->measure;
        pieces->first = gone->next;
        free(gone);
    }
}

/* Prints the last `count` of the pieces, bytes or lines, and frees them. */
static int pieces_print(struct pieces *pieces, const struct part_options *options)
{
    struct piece *last = pieces->last;
    uint64_t total = pieces->measure, left;
    int status = 0;

    /* A last line without end is a line too. */
    if (last != NULL && !options->of_bytes && last->bytes[last->length - 1] != '\n')
        total++;
    left = total > options->count ? total - options->count : 0;
    for (struct piece *piece = pieces->first, *next; piece != NULL; piece = next) {
        size_t skipped = skipped_part(piece->bytes, piece->length, &left, options->of_bytes);

        if (status == 0 && !part_write(piece->bytes + skipped, piece->length - skipped))
            status = 1;
        next = piece->next;
        free(piece);
    }
    return status;
}

static int print_flowing(int file, const char *name, const struct part_options *options)
{
    struct pieces pieces = {0};
    int status = 0;

    for (;;) {
        struct piece *piece = must(malloc(sizeof *piece));
        ssize_t length = bytes_read_all(file, piece->bytes, PIECE_BYTES);

        if (length <= 0) {
            if (length < 0)
                status = complain_errno("error reading %s", quoted(name));
            free(piece);
            break;
        }
        piece->length = (size_t)length;
        piece->measure = options->of_bytes ? piece->length : lines_in(piece->bytes, piece->length);
        pieces_add(&pieces, piece, options->count);
    }
    return pieces_print(&pieces, options) | status;
}

static int print(int file, const char *name, const struct part_options *options)
{
    struct stat status;

    if (options->from_start)
        return print_from(file, name, options);
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && lseek(file, 0, SEEK_CUR) >= 0)
        return print_sized(file, name, options, status.st_size);
    return print_flowing(file, name, options);
}

int main(int argc, char **argv)
{
    struct part_options options = {.count = DEFAULT_LINES};

    complain_as("tail");
    if (utility_help(argc, argv, usage))
        return 0;
    if (!part_options_read(&argc, &argv, true, &options))
        return complain_usage(usage);
    return part_print_all(argv + optind, argc - optind, print, &options);
}
