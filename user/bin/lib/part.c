/* part.c - options, headings and output of head and tail. */
#include "part.h"

#include "bytes.h"
#include "complain.h"
#include "number.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool count_read(const char *text, bool of_bytes, bool signs, struct part_options *options)
{
    const char *digits = text;

    options->of_bytes = of_bytes;
    options->from_start = signs && text[0] == '+';
    if (signs && (text[0] == '+' || text[0] == '-'))
        digits++;
    if (number_read(digits, &options->count))
        return true;
    complain("invalid number of %s: %s", of_bytes ? "bytes" : "lines", quoted(text));
    return false;
}

/* `head -5`: as `head -n 5`. */
static bool is_old_form(const char *text)
{
    return text != NULL && text[0] == '-' && isdigit((unsigned char)text[1]) &&
           text[1 + strspn(text + 1, "0123456789")] == '\0';
}

bool part_options_read(int *argc, char ***argv, bool signs, struct part_options *options)
{
    int option;

    /* getopt would take it for an option, so it is not shown. */
    if (*argc > 1 && is_old_form((*argv)[1])) {
        if (!count_read((*argv)[1] + 1, false, false, options))
            return false;
        (*argv)[1] = (*argv)[0];
        (*argv)++;
        (*argc)--;
    }
    while ((option = getopt(*argc, *argv, "n:c:qv")) != -1) {
        switch (option) {
        case 'n':
        case 'c':
            if (!count_read(optarg, option == 'c', signs, options))
                return false;
            break;
        case 'q':
        case 'v':
            options->quiet = option == 'q';
            options->verbose = option == 'v';
            break;
        default:
            return false;
        }
    }
    return true;
}

bool part_write(const char *bytes, size_t length)
{
    if (bytes_write(STDOUT_FILENO, bytes, length))
        return true;
    complain_errno("write error");
    return false;
}

static bool heading_print(const char *name)
{
    static bool is_later;
    bool is_first = !is_later;

    is_later = true;
    return (is_first || part_write("\n", 1)) && part_write("==> ", 4) &&
           part_write(name, strlen(name)) && part_write(" <==\n", 5);
}

static int named_print(const char *name, part_print *print, const struct part_options *options,
                       bool with_heading)
{
    bool is_input = strcmp(name, "-") == 0;
    int file = is_input ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
    int status;

    if (is_input)
        name = "standard input";
    if (file < 0)
        return complain_errno("cannot open %s for reading", quoted(name));
    if (with_heading && !heading_print(name))
        return 1;
    status = print(file, name, options);
    if (!is_input)
        close(file);
    return status;
}

int part_print_all(char **names, int count, part_print *print, const struct part_options *options)
{
    bool with_headings = options->verbose || (count > 1 && !options->quiet);
    int status = 0;

    if (count == 0)
        return named_print("-", print, options, with_headings);
    for (int i = 0; i < count; i++)
        status |= named_print(names[i], print, options, with_headings);
    return status;
}
