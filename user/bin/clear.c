/* clear.c - empties the screen. */
#include "utility.h"

static const char usage[] = "usage: clear\n"
                            "Empties the screen.\n";

int main(int argc, char **argv)
{
    if (utility_help(argc, argv, usage))
        return 0;
    if (argc > 1)
        return utility_misuse(usage);
    /* ECMA-48: CUP to the upper left corner, ED of the whole page. */
    fputs("\x1b[H\x1b[2J", stdout);
    return utility_finish("clear", 0);
}
