/* keys.c - keys with a deadline.
 *
 * `key` belongs to the reader until it signals PRESSED, and then to keys_wait until it signals
 * WANTED: the event orders the two, so no lock is needed.
 */
#include "keys.h"

#include <octavo/calls.h>
#include <octavo/thread.h>
#include <termios.h>
#include <unistd.h>

enum { EVENT_WANTED = 1 << 0, EVENT_PRESSED = 1 << 1 };

static struct termios modes_before;
static struct thread reader;
static int event;
static unsigned char key;
static bool is_wanted; /* the reader has been asked */

static void *read_keys(void *unused)
{
    do
        event_wait(event, EVENT_WANTED, DEADLINE_NONE, NULL);
    while (read(STDIN_FILENO, &key, 1) == 1 && event_signal(event, EVENT_PRESSED) == 0);
    return unused;
}

bool keys_start(void)
{
    struct termios modes;

    if (tcgetattr(STDIN_FILENO, &modes_before) != 0)
        return false;
    event = (int)event_create();
    if (event < 0)
        return false;
    if (thread_start(&reader, read_keys, NULL) != 0) {
        handle_close(event);
        return false;
    }
    modes = modes_before;
    modes.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
    return true;
}

int keys_wait(uint64_t deadline)
{
    if (!is_wanted)
        event_signal(event, EVENT_WANTED);
    is_wanted = event_wait(event, EVENT_PRESSED, deadline, NULL) != 0;
    return is_wanted ? KEYS_NONE : key;
}

void keys_end(void) { tcsetattr(STDIN_FILENO, TCSADRAIN, &modes_before); }
