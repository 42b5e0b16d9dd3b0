/* many.c - programs one after the other, as a long day at the shell starts them: none leaves
 * anything behind. */
#include <string.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum { PROGRAMS = 500 };

static void exec_true(void *unused)
{
    (void)unused;
    execl("/bin/true", "true", (char *)NULL);
}

static void test_programs_in_a_row(void)
{
    for (int i = 0; i < (tap_warming_up() ? PROGRAMS / 20 : PROGRAMS); i++)
        tap_join(tap_fork(exec_true, NULL));
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"many_500_programs_in_a_row", test_programs_in_a_row, 180},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
