/* cat.c - copies files to the output. Each piece is one read and one write, straight between the
 * servers' buffers and this one; only with -n the bytes are looked at.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/bytes.h"
#include "lib/complain.h"
#include "utility.h"

static const char usage[] = "usage: cat [-n] [FILE...]\n"
                            "Prints the files one after the other; `-`, or none: the input.\n"
                            "  -n   with the number of each line\n";

enum { PIECE_BYTES = 16 * 1024 };

static bool with_numbers;
static unsigned long long line_number;
static bool is_inside_line;

/* Prints a piece line by line; lines go on from piece to piece and from file to file. */
static bool piece_number(const char *bytes, size_t length)
{
    while (length != 0) {
        const char *end = memchr(bytes, '\n', length);
        size_t size = end == NULL ? length : (size_t)(end - bytes) + 1;

        if (!is_inside_line)
            printf("%6llu\t", ++line_number);
        is_inside_line = end == NULL;
        if (fwrite(bytes, 1, size, stdout) != size)
            return false;
        bytes += size;
        length -= size;
    }
    return fflush(stdout) == 0;
}

/* A file that is appended to itself would grow for ever. */
static bool is_output(int file)
{
    struct stat input, output;

    return fstat(STDOUT_FILENO, &output) == 0 && S_ISREG(output.st_mode) && output.st_size != 0 &&
           fstat(file, &input) == 0 && input.st_dev == output.st_dev &&
           input.st_ino == output.st_ino;
}

static int file_copy(int file, const char *name)
{
    static char piece[PIECE_BYTES];
    ssize_t length;

    if (is_output(file))
        return complain("%s: input file is output file", name);
    while ((length = bytes_read(file, piece, sizeof piece)) > 0) {
        bool is_written = with_numbers ? piece_number(piece, (size_t)length)
                                       : bytes_write(STDOUT_FILENO, piece, (size_t)length);
        if (!is_written)
            return utility_fail("cat", "write error", errno);
    }
    return length < 0 ? utility_fail("cat", name, errno) : 0;
}

static int named_copy(const char *name)
{
    if (strcmp(name, "-") == 0)
        return file_copy(STDIN_FILENO, "-");
    int file = open(name, O_RDONLY);
    if (file < 0)
        return utility_fail("cat", name, errno);
    int status = file_copy(file, name);
    close(file);
    return status;
}

int main(int argc, char **argv)
{
    int option, status = 0;

    complain_as("cat");
    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "n")) != -1) {
        if (option == '?')
            return complain_usage(usage);
        with_numbers = true;
    }
    if (optind == argc)
        return named_copy("-");
    for (int i = optind; i < argc; i++)
        status |= named_copy(argv[i]);
    return status;
}
