/* cat.c - copies files to the output. Each piece is one read and one write, straight between the
 * servers' buffers and this one.
 */
#include <fcntl.h>
#include <unistd.h>

#include "utility.h"

static const char usage[] = "usage: cat [FILE...]\n"
                            "Prints the files one after the other; `-`, or none: the input.\n";

enum { PIECE_BYTES = 16 * 1024 };

static bool piece_write(const char *bytes, size_t length)
{
    while (length != 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, length);

        if (written < 0)
            return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

static int file_copy(int file, const char *name)
{
    static char piece[PIECE_BYTES];
    ssize_t length;

    while ((length = read(file, piece, sizeof piece)) > 0)
        if (!piece_write(piece, (size_t)length))
            return utility_fail("cat", "write error", errno);
    return length < 0 ? utility_fail("cat", name, errno) : 0;
}

static int named_copy(const char *name)
{
    if (strcmp(name, "-") == 0)
        return file_copy(STDIN_FILENO, "input");
    int file = open(name, O_RDONLY);
    if (file < 0)
        return utility_fail("cat", name, errno);
    int status = file_copy(file, name);
    close(file);
    return status;
}

int main(int argc, char **argv)
{
    int status = 0;

    if (utility_help(argc, argv, usage))
        return 0;
    if (argc > 1 && argv[1][0] == '-' && argv[1][1] != '\0')
        return utility_misuse(usage);
    if (argc == 1)
        return named_copy("-");
    for (int i = 1; i < argc; i++)
        status |= named_copy(argv[i]);
    return status;
}
