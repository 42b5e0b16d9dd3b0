/* sysconf.c - constants of the system that programs may ask for. */
#include "posix.h"

#include <octavo/handle.h>
#include <time.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096 };

long sysconf(int name)
{
    switch (name) {
    case _SC_PAGESIZE:
        return PAGE_BYTES;
    case _SC_OPEN_MAX:
        return HANDLE_FIXED;
    case _SC_CLK_TCK:
        return CLOCKS_PER_SEC;
    default:
        return posix_result(-E_INVAL);
    }
}
