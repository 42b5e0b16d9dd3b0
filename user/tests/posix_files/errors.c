/* errors.c - error numbers by name: the host has other numbers. */
#include <errno.h>

#include "commands.h"

#define NAMED(error)  \
    {                 \
        error, #error \
    }

static const struct {
    int error;
    const char *name;
} names[] = {
    NAMED(EACCES), NAMED(EBADF),     NAMED(EBUSY),   NAMED(EEXIST), NAMED(EFAULT),
    NAMED(EFBIG),  NAMED(EINVAL),    NAMED(EIO),     NAMED(EISDIR), NAMED(ELOOP),
    NAMED(EMFILE), NAMED(EMLINK),    NAMED(ENODEV),  NAMED(ENOENT), NAMED(ENAMETOOLONG),
    NAMED(ENOMEM), NAMED(ENOSPC),    NAMED(ENOTDIR), NAMED(EPERM),  NAMED(ENOTEMPTY),
    NAMED(ENOTTY), NAMED(ERANGE),    NAMED(EROFS),   NAMED(ESPIPE), NAMED(ETXTBSY),
    NAMED(EXDEV),  NAMED(EOVERFLOW), NAMED(ENOSYS),
};

const char *error_name(int error)
{
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].error == error)
            return names[i].name;
    return NULL;
}
