#pragma once
/* keys.h - keys with a deadline: a thread reads the terminal, for a read alone waits for ever. */
#include <stdbool.h>
#include <stdint.h>

enum { KEYS_NONE = -1 };

/* Takes the terminal out of line mode and starts the reader. Ctrl-C still kills. False: there is no
 * terminal, and nothing has changed. */
bool keys_start(void);

/* The next key, or KEYS_NONE once the deadline [ns since boot] has passed. The reader takes no byte
 * but the one asked for: what is typed behind the last key is for the next program. */
int keys_wait(uint64_t deadline);

/* Gives the terminal back as it was. Ends the keys. */
void keys_end(void);
