/* cmp.c - compares two files byte by byte. */
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/bytes.h"
#include "lib/complain.h"
#include "lib/number.h"
#include "utility.h"

static const char usage[] = "usage: cmp [-l | -s] FILE [FILE]\n"
                            "Compares two files; `-`, or no second: the input. The status is 1 if\n"
                            "they differ, 2 for trouble.\n"
                            "  -l   all bytes that differ: their number, and both in octal\n"
                            "  -s   print nothing\n";

enum { PIECE_BYTES = 16 * 1024, TROUBLE = 2, WIDTH_UNKNOWN = 19 };

struct input {
    const char *name;
    int file;
    ssize_t length; /* of the piece */
    char piece[PIECE_BYTES];
};

static struct input inputs[2];
static bool list_all, silent;

/* What the bytes so far are: their number, the number of line ends, and the last. */
static uint64_t bytes_before, lines_before;
static char last_byte = '\n';

static bool input_open(struct input *input, const char *name)
{
    input->name = name;
    input->file = strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
    if (input->file < 0 && !silent)
        utility_fail("cmp", name, errno);
    return input->file >= 0;
}

/* How wide the numbers of bytes can become. */
static int numbers_width(void)
{
    int width = WIDTH_UNKNOWN;

    for (int i = 0; i < 2; i++) {
        struct stat status;

        if (fstat(inputs[i].file, &status) == 0 && S_ISREG(status.st_mode)) {
            int own = number_width((uint64_t)status.st_size);

            width = own < width ? own : width;
        }
    }
    return width;
}

/* Compares what both pieces have. Returns the status so far: 1 if they differ. */
static int pieces_compare(size_t length, int width)
{
    int status = 0;

    for (size_t i = 0; i < length; i++) {
        unsigned char one = (unsigned char)inputs[0].piece[i];
        unsigned char other = (unsigned char)inputs[1].piece[i];

        bytes_before++;
        if (one != other) {
            status = 1;
            if (list_all)
                printf("%*llu %3o %3o\n", width, (unsigned long long)bytes_before, one, other);
            else if (!silent)
                printf("%s %s differ: char %llu, line %llu\n", inputs[0].name, inputs[1].name,
                       (unsigned long long)bytes_before, (unsigned long long)lines_before + 1);
            if (!list_all)
                return status;
        }
        last_byte = (char)one;
        lines_before += one == '\n';
    }
    return status;
}

/* One ends where the other goes on. */
static void end_report(const struct input *shorter)
{
    unsigned long long bytes = bytes_before, lines = lines_before;

    if (silent)
        return;
    if (bytes == 0)
        complain("EOF on %s which is empty", shorter->name);
    else if (list_all)
        complain("EOF on %s after byte %llu", shorter->name, bytes);
    else if (last_byte == '\n')
        complain("EOF on %s after byte %llu, line %llu", shorter->name, bytes, lines);
    else
        complain("EOF on %s after byte %llu, in line %llu", shorter->name, bytes, lines + 1);
}

static int compare(void)
{
    int status = 0, width = numbers_width();

    for (;;) {
        for (int i = 0; i < 2; i++) {
            inputs[i].length = bytes_read_all(inputs[i].file, inputs[i].piece, PIECE_BYTES);
            if (inputs[i].length < 0) {
                utility_fail("cmp", inputs[i].name, errno);
                return TROUBLE;
            }
        }
        bool is_first_shorter = inputs[0].length < inputs[1].length;
        ssize_t common = inputs[is_first_shorter ? 0 : 1].length;
        status |= pieces_compare((size_t)common, width);
        if (status != 0 && !list_all)
            return status;
        if (inputs[0].length != inputs[1].length) {
            end_report(&inputs[is_first_shorter ? 0 : 1]);
            return 1;
        }
        if (common < PIECE_BYTES)
            return status;
    }
}

int main(int argc, char **argv)
{
    static char dash[] = "-";
    int option, status;

    complain_as("cmp");
    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "ls")) != -1) {
        if (option == '?')
            return utility_misuse(usage);
        list_all |= option == 'l';
        silent |= option == 's';
    }
    if (argc - optind < 1 || argc - optind > 2 || (list_all && silent))
        return utility_misuse(usage);
    const char *second = argc - optind == 2 ? argv[optind + 1] : dash;
    if (!input_open(&inputs[0], argv[optind]) || !input_open(&inputs[1], second))
        return TROUBLE;
    status = compare();
    return utility_finish("cmp", 0) != 0 ? TROUBLE : status;
}
