#pragma once
/* sys/termios.h - what <termios.h> of the C library leaves to the system.
 *
 * A terminal knows three modes (proto/tty.h): ICANON, ECHO and ISIG of c_lflag. tcsetattr looks at
 * those alone; the other fields tell what the console does and cannot be changed.
 */
#include <sys/types.h>

typedef unsigned int tcflag_t;
typedef unsigned char cc_t;

/* c_iflag, c_oflag, c_cflag: as the console works. */
#define ICRNL (1u << 0) /* carriage return comes as newline */
#define OPOST (1u << 0)
#define ONLCR (1u << 1) /* newline goes out as carriage return and newline */
#define CS8   (1u << 0)
#define CREAD (1u << 1)

/* c_lflag */
#define ICANON (1u << 0) /* whole lines, with erase and kill; else each byte as it comes */
#define ECHO   (1u << 1)
#define ISIG   (1u << 2) /* Ctrl-C and Ctrl-T act; else they are data */

/* c_cc */
enum { VEOF, VERASE, VINTR, VKILL, VMIN, VTIME, NCCS };

struct termios {
    tcflag_t c_iflag;
    tcflag_t c_oflag;
    tcflag_t c_cflag;
    tcflag_t c_lflag;
    cc_t c_cc[NCCS];
};

/* The terminal drains its output before each change, and drops no input: the three are the same. */
enum { TCSANOW, TCSADRAIN, TCSAFLUSH };

/* -> 0, or -1 with errno: EBADF, ENOTTY, EINVAL (unknown `when`). */
int tcgetattr(int fd, struct termios *modes);
int tcsetattr(int fd, int when, const struct termios *modes);

/* Clears ICANON, ECHO and ISIG. */
void cfmakeraw(struct termios *modes);
