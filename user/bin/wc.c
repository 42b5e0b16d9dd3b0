/* wc.c - counts lines, words and bytes. */
#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/bytes.h"
#include "lib/complain.h"
#include "lib/number.h"
#include "utility.h"

static const char usage[] = "usage: wc [-lwc] [FILE...]\n"
                            "Counts the lines, words and bytes of the files, or of the input.\n"
                            "  -l, -w, -c   only lines, only words, only bytes\n";

enum { PIECE_BYTES = 16 * 1024, WIDTH_UNKNOWN = 7 };

struct counts {
    uint64_t lines, words, bytes;
};

static bool show_lines, show_words, show_bytes;

static void piece_count(const char *bytes, size_t length, struct counts *counts, bool *in_word)
{
    counts->bytes += length;
    for (size_t i = 0; i < length; i++) {
        bool is_space = isspace((unsigned char)bytes[i]) != 0;

        counts->lines += bytes[i] == '\n';
        counts->words += !is_space && !*in_word;
        *in_word = !is_space;
    }
}

/* Counts what can be read; -1 for an error. */
static int file_count(int file, struct counts *counts)
{
    static char piece[PIECE_BYTES];
    bool in_word = false;
    ssize_t length;

    while ((length = bytes_read(file, piece, sizeof piece)) > 0)
        piece_count(piece, (size_t)length, counts, &in_word);
    return (int)length;
}

static void counts_print(const struct counts *counts, int width, const char *name)
{
    const struct {
        bool is_shown;
        uint64_t value;
    } columns[] = {
        {show_lines, counts->lines}, {show_words, counts->words}, {show_bytes, counts->bytes}};
    const char *gap = "";

    for (int i = 0; i < 3; i++)
        if (columns[i].is_shown) {
            printf("%s%*llu", gap, width, (unsigned long long)columns[i].value);
            gap = " ";
        }
    if (name != NULL)
        printf(" %s", name);
    putchar('\n');
}

/* The width of the columns: no count can exceed the sizes together, where they are known. */
static int columns_width(char **names, int count)
{
    uint64_t total = 0;
    int least = 1;

    if (count <= 1 && show_lines + show_words + show_bytes == 1)
        return 1;
    for (int i = 0; i < count || i == 0; i++) {
        struct stat status;
        bool is_input = count == 0 || strcmp(names[i], "-") == 0;

        if ((is_input ? fstat(STDIN_FILENO, &status) : stat(names[i], &status)) != 0)
            continue;
        if (S_ISREG(status.st_mode))
            total += (uint64_t)status.st_size;
        else
            least = WIDTH_UNKNOWN;
    }
    int width = number_width(total);
    return width > least ? width : least;
}

static int named_count(const char *name, const char *shown, int width, struct counts *total)
{
    bool is_input = strcmp(name, "-") == 0;
    int file = is_input ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
    struct counts counts = {0};
    int status = 0;

    if (file < 0)
        return utility_fail("wc", name, errno);
    if (file_count(file, &counts) < 0)
        status = utility_fail("wc", name, errno);
    counts_print(&counts, width, shown);
    total->lines += counts.lines;
    total->words += counts.words;
    total->bytes += counts.bytes;
    if (!is_input)
        close(file);
    return status;
}

int main(int argc, char **argv)
{
    struct counts total = {0};
    int option, status = 0;

    complain_as("wc");
    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "lwc")) != -1) {
        if (option == '?')
            return complain_usage(usage);
        show_lines |= option == 'l';
        show_words |= option == 'w';
        show_bytes |= option == 'c';
    }
    if (!show_lines && !show_words && !show_bytes)
        show_lines = show_words = show_bytes = true;
    int count = argc - optind, width = columns_width(argv + optind, count);
    if (count == 0)
        status = named_count("-", NULL, width, &total);
    for (int i = optind; i < argc; i++)
        status |= named_count(argv[i], argv[i], width, &total);
    if (count > 1)
        counts_print(&total, width, "total");
    return utility_finish("wc", status);
}
