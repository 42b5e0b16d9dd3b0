#pragma once
/* name.h - the name service, which init is: server programs register a channel under a name,
 * clients look it up.
 *
 * Names are up to NAME_MAX bytes, no NUL. The buffer holds the name (BUFFER_IN).
 */
enum { NAME_LENGTH_MAX = 31 };

enum name_label {
    /* w2: a channel handle (MESSAGE_MOVE or COPY) with DUP. Only a server that init started may
     * register, and only the names its line in /etc/servers gives it. E_PERM, E_INVAL. Registering
     * again replaces. */
    NAME_REGISTER = 0x100,
    /* -> w2: a channel handle. Waits until the name is registered; w0 = NAME_NO_WAIT: E_NOENT at
     * once. */
    NAME_LOOKUP,
};

enum { NAME_NO_WAIT = 1 };
