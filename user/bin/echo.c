/* echo.c - prints its arguments. */
#include "utility.h"

static const char usage[] =
    "usage: echo [-n] [-e] [STRING...]\n"
    "Prints the strings with spaces between and a newline behind.\n"
    "  -n   no newline behind\n"
    "  -e   \\n \\t \\r \\a \\b \\e \\\\ and \\0NNN (octal) stand for bytes;\n"
    "       \\c ends the output\n";

struct options {
    bool no_newline, escapes;
};

/* Whether the argument is an option like -n, -e or -ne; then it is noted. */
static bool option_read(const char *argument, struct options *options)
{
    const char *letters = argument + 1;

    if (argument[0] != '-' || *letters == '\0' || letters[strspn(letters, "ne")] != '\0')
        return false;
    options->no_newline |= strchr(letters, 'n') != NULL;
    options->escapes |= strchr(letters, 'e') != NULL;
    return true;
}

/* Up to three octal digits at *at, which moves behind them. */
static int octal_read(const char **at)
{
    int value = 0;

    for (int i = 0; i < 3 && **at >= '0' && **at <= '7'; i++)
        value = value * 8 + *(*at)++ - '0';
    return value;
}

/* Prints a string with escapes; false if \c ended the output. */
static bool escaped_print(const char *string)
{
    static const char letters[] = "ntrabe\\", bytes[] = "\n\t\r\a\b\x1b\\";
    const char *letter;

    while (*string != '\0') {
        if (*string != '\\' || string[1] == '\0') {
            putchar(*string++);
        } else if (string[1] == 'c') {
            return false;
        } else if (string[1] == '0') {
            string += 2;
            putchar(octal_read(&string));
        } else if ((letter = strchr(letters, string[1])) != NULL) {
            putchar(bytes[letter - letters]);
            string += 2;
        } else {
            putchar(*string++);
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    int first = 1;

    if (utility_help(argc, argv, usage))
        return 0;
    while (first < argc && option_read(argv[first], &options))
        first++;
    for (int i = first; i < argc; i++) {
        if (i != first)
            putchar(' ');
        if (!options.escapes)
            fputs(argv[i], stdout);
        else if (!escaped_print(argv[i]))
            return utility_finish("echo", 0);
    }
    if (!options.no_newline)
        putchar('\n');
    return utility_finish("echo", 0);
}
