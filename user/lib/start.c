/* start.c - reads the start block, calls main, and exits with what it returns.
 *
 * The block stays where it is: argv, the environment and the auxiliary vector point into it. The
 * auxiliary vector is written once, before main.
 */
#include "start.h"

#include <errno.h>
#include <octavo/program.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

int main(int argc, char **argv, char **environment);
void __libc_init_array(void); /* the C library's: calls the constructors in .init_array */

struct auxiliary {
    uint64_t type;
    uint64_t value;
};

static const struct auxiliary end = {.type = AUX_NULL};
static const struct auxiliary *auxiliary = &end;

/* The entry behind the NULL that ends a list of pointers. */
static uint64_t *skip_list(uint64_t *list)
{
    while (*list != 0)
        list++;
    return list + 1;
}

_Noreturn void start_process(uint64_t *block)
{
    int argc = (int)block[0];
    uint64_t *argv = block + 1;
    uint64_t *envp = argv + argc + 1;

    environ = (char **)envp;
    auxiliary = (const struct auxiliary *)skip_list(envp);
    __libc_init_array();
    exit(main(argc, (char **)argv, environ));
}

unsigned long getauxval(unsigned long type)
{
    for (const struct auxiliary *entry = auxiliary; entry->type != AUX_NULL; entry++)
        if (entry->type == type)
            return entry->value;
    errno = ENOENT;
    return 0;
}
