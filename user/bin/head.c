/* head.c - prints the beginning of files. */
#include <unistd.h>

#include "lib/bytes.h"
#include "lib/complain.h"
#include "lib/part.h"
#include "utility.h"

static const char usage[] = "usage: head [-qv] [-n LINES | -c BYTES] [FILE...]\n"
                            "Prints the first 10 lines of each file, or of the input.\n"
                            "  -n LINES, -c BYTES   so many instead\n"
                            "  -q, -v               never, always with the name of the file\n";

enum { PIECE_BYTES = 16 * 1024, DEFAULT_LINES = 10 };

/* How many bytes of the piece belong to the part; `left` counts down. */
static size_t piece_part(const char *bytes, size_t length, uint64_t *left, bool of_bytes)
{
    const char *next = bytes;

    if (of_bytes) {
        size_t size = *left < length ? (size_t)*left : length;

        *left -= size;
        return size;
    }
    while (*left != 0 && next != bytes + length) {
        const char *end = memchr(next, '\n', (size_t)(bytes + length - next));

        if (end == NULL)
            return length;
        next = end + 1;
        (*left)--;
    }
    return (size_t)(next - bytes);
}

static int print(int file, const char *name, const struct part_options *options)
{
    static char piece[PIECE_BYTES];
    uint64_t left = options->count;

    while (left != 0) {
        ssize_t length = bytes_read(file, piece, sizeof piece);

        if (length < 0)
            return complain_errno("error reading %s", quoted(name));
        if (length == 0)
            break;
        size_t size = piece_part(piece, (size_t)length, &left, options->of_bytes);
        /* What was read too far is for the next reader, where it can be given back. */
        if (size < (size_t)length)
            lseek(file, (off_t)size - length, SEEK_CUR);
        if (!part_write(piece, size))
            return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct part_options options = {.count = DEFAULT_LINES};

    complain_as("head");
    if (utility_help(argc, argv, usage))
        return 0;
    if (!part_options_read(&argc, &argv, false, &options))
        return complain_usage(usage);
    return part_print_all(argv + optind, argc - optind, print, &options);
}
