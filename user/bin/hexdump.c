/* hexdump.c - prints the bytes of files as numbers. */
#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/bytes.h"
#include "lib/complain.h"
#include "lib/number.h"
#include "utility.h"

static const char usage[] =
    "usage: hexdump [-Cv] [-n BYTES] [-s BYTES] [FILE...]\n"
    "Prints the files, or the input, as hexadecimal numbers: the place, and\n"
    "words of two bytes. A `*` stands for lines that are like the last.\n"
    "  -C         single bytes, and the characters\n"
    "  -n BYTES   only so many\n"
    "  -s BYTES   without so many at the beginning\n"
    "  -v         all lines\n";

enum { LINE_BYTES = 16, HALF_LINE = 8, PIECE_BYTES = 16 * 1024 };

static bool with_characters, show_all;
static uint64_t count = UINT64_MAX;
static uint64_t begin; /* the place of the first byte that is printed */
static uint64_t skip;  /* how many bytes are still to be left out */

static struct {
    char **names; /* of the files that were not opened yet */
    const char *name;
    int file; /* -1: none is open */
    size_t place, length;
    unsigned char piece[PIECE_BYTES];
    int status;
} input = {.file = -1};

/* ---- the files, one behind the other --------------------------------------------------------- */

/* Leaves out what is to be skipped: by seeking if the file is longer than that, as a whole if it
 * has a size and is not. */
static void file_skip(void)
{
    struct stat status;

    if (skip == 0 || fstat(input.file, &status) != 0 || !S_ISREG(status.st_mode))
        return;
    uint64_t size = (uint64_t)status.st_size, part = skip < size ? skip : size;
    if (lseek(input.file, (off_t)part, SEEK_CUR) >= 0)
        skip -= part;
}

/* Opens the next file that can be; false if there is none. */
static bool file_next(void)
{
    while (input.names != NULL && *input.names != NULL) {
        input.name = *input.names++;
        input.file = open(input.name, O_RDONLY | O_CLOEXEC);
        if (input.file >= 0) {
            file_skip();
            return true;
        }
        input.status = utility_fail("hexdump", input.name, errno);
    }
    return false;
}

/* Fills the piece from the next file that has something; false at the end of all. */
static bool piece_read(void)
{
    while (input.file >= 0 || file_next()) {
        ssize_t length = bytes_read(input.file, input.piece, sizeof input.piece);

        if (length > 0) {
            input.place = 0;
            input.length = (size_t)length;
            return true;
        }
        if (length < 0)
            input.status = utility_fail("hexdump", input.name, errno);
        if (input.file != STDIN_FILENO)
            close(input.file);
        input.file = -1;
    }
    return false;
}

/* The next bytes of all the files together, fewer only at their end. */
static size_t bytes_take(unsigned char *bytes, uint64_t wanted)
{
    size_t taken = 0;

    while (taken < wanted && (input.place < input.length || piece_read())) {
        size_t size = input.length - input.place;

        size = size < wanted - taken ? size : (size_t)(wanted - taken);
        memcpy(bytes + taken, input.piece + input.place, size);
        input.place += size;
        taken += size;
    }
    return taken;
}

/* What could not be skipped by seeking. */
static void input_skip(void)
{
    unsigned char bytes[LINE_BYTES];

    if (input.file < 0 && !file_next())
        return;
    file_skip();
    while (skip != 0) {
        size_t taken = bytes_take(bytes, skip < sizeof bytes ? skip : sizeof bytes);

        if (taken == 0)
            return;
        skip -= taken < skip ? taken : skip;
    }
}

/* ---- lines ----------------------------------------------------------------------------------- */

static void characters_line(uint64_t place, const unsigned char *bytes, size_t length)
{
    printf("%08llx ", (unsigned long long)place);
    for (size_t i = 0; i < LINE_BYTES; i++) {
        if (i == HALF_LINE)
            putchar(' ');
        if (i < length)
            printf(" %02x", bytes[i]);
        else
            fputs("   ", stdout);
    }
    fputs("  |", stdout);
    for (size_t i = 0; i < length; i++)
        putchar(bytes[i] >= ' ' && bytes[i] <= '~' ? bytes[i] : '.');
    fputs("|\n", stdout);
}

static void words_line(uint64_t place, const unsigned char *bytes, size_t length)
{
    printf("%07llx", (unsigned long long)place);
    for (size_t i = 0; i < LINE_BYTES; i += 2)
        if (i < length)
            printf(" %04x", bytes[i] | (i + 1 < length ? bytes[i + 1] << 8 : 0));
        else
            fputs("     ", stdout);
    putchar('\n');
}

static void lines_print(void)
{
    unsigned char lines[2][LINE_BYTES] = {0};
    uint64_t place = begin;
    bool is_repeating = false;
    size_t length;

    for (unsigned current = 0;; current ^= 1) {
        uint64_t left = count - (place - begin);
        unsigned char *line = lines[current];

        length = bytes_take(line, left < LINE_BYTES ? left : LINE_BYTES);
        if (length == 0)
            break;
        bool is_same = !show_all && length == LINE_BYTES && place != begin &&
                       memcmp(line, lines[current ^ 1], LINE_BYTES) == 0;
        if (!is_same)
            (with_characters ? characters_line : words_line)(place, line, length);
        else if (!is_repeating)
            puts("*");
        is_repeating = is_same;
        place += length;
    }
    if (place != begin || begin != 0)
        printf(with_characters ? "%08llx\n" : "%07llx\n", (unsigned long long)place);
}

static bool options_read(int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "Cvn:s:")) != -1) {
        switch (option) {
        case 'C':
            with_characters = true;
            break;
        case 'v':
            show_all = true;
            break;
        case 'n':
        case 's':
            if (number_read(optarg, option == 'n' ? &count : &skip))
                break;
            complain("invalid number: %s", quoted(optarg));
            return false;
        default:
            return false;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    complain_as("hexdump");
    if (utility_help(argc, argv, usage))
        return 0;
    if (!options_read(argc, argv))
        return complain_usage(usage);
    if (optind < argc) {
        input.names = argv + optind;
    } else {
        input.file = STDIN_FILENO;
        input.name = "standard input";
    }
    begin = skip;
    input_skip();
    begin -= skip;
    skip = 0;
    lines_print();
    return utility_finish("hexdump", input.status);
}
