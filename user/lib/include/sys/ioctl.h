#pragma once
/* sys/ioctl.h - the one device control that programs expect. */

struct winsize {
    unsigned short ws_row;
    unsigned short ws_col;
    unsigned short ws_xpixel; /* 0: not known */
    unsigned short ws_ypixel;
};

#define TIOCGWINSZ 0x5413 /* argument: struct winsize *, which is filled */

/* -> 0, or -1 with errno: EBADF, ENOTTY, EINVAL (unknown request). */
int ioctl(int fd, unsigned long request, ...);
