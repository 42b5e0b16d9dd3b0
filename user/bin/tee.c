/* tee.c - copies its input to its output and to files. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/bytes.h"
#include "lib/complain.h"
#include "utility.h"

static const char usage[] = "usage: tee [-a] [FILE...]\n"
                            "Copies the input to the output and to the files.\n"
                            "  -a   behind what is in the files\n";

enum { PIECE_BYTES = 16 * 1024 };

struct output {
    const char *name;
    int file; /* -1: given up after an error */
};

static int outputs_open(struct output *outputs, char **names, int count, int flags)
{
    int status = 0;

    outputs[0] = (struct output){"standard output", STDOUT_FILENO};
    for (int i = 0; i < count; i++) {
        outputs[i + 1] =
            (struct output){names[i], open(names[i], O_WRONLY | O_CREAT | flags, 0666)};
        if (outputs[i + 1].file < 0)
            status = utility_fail("tee", names[i], errno);
    }
    return status;
}

/* Writes to all; one that fails is left alone from then on. */
static int piece_write(struct output *outputs, int count, const char *bytes, size_t length)
{
    int status = 0;

    for (int i = 0; i < count; i++)
        if (outputs[i].file >= 0 && !bytes_write(outputs[i].file, bytes, length)) {
            status = utility_fail("tee", outputs[i].name, errno);
            outputs[i].file = -1;
        }
    return status;
}

static int copy(struct output *outputs, int count)
{
    static char piece[PIECE_BYTES];
    ssize_t length;
    int status = 0;

    while ((length = bytes_read(STDIN_FILENO, piece, sizeof piece)) > 0)
        status |= piece_write(outputs, count, piece, (size_t)length);
    if (length < 0)
        status = utility_fail("tee", "read error", errno);
    for (int i = 1; i < count; i++)
        if (outputs[i].file >= 0 && close(outputs[i].file) != 0)
            status = utility_fail("tee", outputs[i].name, errno);
    return status;
}

int main(int argc, char **argv)
{
    int option, flags = O_TRUNC;

    complain_as("tee");
    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "a")) != -1) {
        if (option == '?')
            return complain_usage(usage);
        flags = O_APPEND;
    }
    int count = argc - optind;
    struct output *outputs = must(calloc((size_t)count + 1, sizeof *outputs));
    int status = outputs_open(outputs, argv + optind, count, flags);
    status |= copy(outputs, count + 1);
    free(outputs);
    return status;
}
