/* uname.c - says what system and machine this is. */
#include <octavo/calls.h>
#include <unistd.h>

#include "utility.h"

static const char usage[] = "usage: uname [-asm]\n"
                            "Says what system this is.\n"
                            "  -s   the system's name (also without options)\n"
                            "  -m   the processor\n"
                            "  -a   both, and the machine: its model, harts, paging\n";

static int all_print(void)
{
    struct system_machine machine;
    long result = system_info(HANDLE_SYSTEM, INFO_MACHINE, &machine, sizeof machine);

    if (result < 0)
        return utility_fail("uname", "machine information", (int)-result);
    printf("Octavo riscv64, %.*s, %d of %d hart%s, Sv%d%s\n", (int)sizeof machine.model,
           machine.model, (int)machine.harts, (int)machine.harts_seen,
           machine.harts_seen == 1 ? "" : "s", (int)machine.paging_bits,
           machine.debug != 0 ? ", debug" : "");
    return 0;
}

int main(int argc, char **argv)
{
    bool all = false, processor = false, system = false;
    int option, status = 0;

    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "asm")) != -1) {
        if (option == '?')
            return utility_misuse(usage);
        all |= option == 'a';
        system |= option == 's';
        processor |= option == 'm';
    }
    if (optind < argc)
        return utility_misuse(usage);
    if (all)
        status = all_print();
    else if (processor)
        puts(system ? "Octavo riscv64" : "riscv64");
    else
        puts("Octavo");
    return utility_finish("uname", status);
}
