/* names.c - client side of the name service. */
#include <octavo/names.h>

#include "posix.h"

#include <proto/name.h>
#include <string.h>

long name_lookup(const char *name, size_t length, bool wait)
{
    struct message m = {.label = NAME_LOOKUP,
                        .word = {wait ? 0 : NAME_NO_WAIT},
                        .buffer = (void *)name,
                        .length = length | BUFFER_IN};

    if (length > NAME_LENGTH_MAX)
        return -E_NOENT;
    return file_call_for_handle(HANDLE_NAMES, &m);
}

long name_register(const char *name, int channel)
{
    struct message m = {.label = NAME_REGISTER | MESSAGE_COPY,
                        .word = {0, 0, (uint64_t)channel},
                        .buffer = (void *)name,
                        .length = strlen(name) | BUFFER_IN};

    return file_call(HANDLE_NAMES, &m);
}
