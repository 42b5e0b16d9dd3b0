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
     * once. E_NOENT also when the servers that might register it will not, or have ended. */
    NAME_LOOKUP,
    /* From such a server: it will not register this name of its line, for it has no such thing.
     * Good until the server starts again. E_PERM. */
    NAME_DECLINE,
};

enum { NAME_NO_WAIT = 1 };
