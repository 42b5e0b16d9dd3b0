#pragma once
/* tty.h - what a terminal answers besides the file protocol (FILE_OPEN, FILE_READ, FILE_WRITE,
 * FILE_STAT). */
enum tty_label {
    TTY_GET_MODE = 0x300, /* -> w0: enum tty_mode bits */
    TTY_SET_MODE,         /* w0: the bits; drains output first */
    /* w2: process handle with MANAGE (MESSAGE_MOVE): Ctrl-C kills that process and its descendants.
     * Without a handle: nobody. */
    TTY_SET_FOREGROUND,
    TTY_GET_SIZE, /* -> w0: rows, w1: columns */
};

enum tty_mode {
    TTY_CANONICAL = 1 << 0, /* lines, with erase and kill; else each byte as it comes */
    TTY_ECHO = 1 << 1,
    TTY_SIGNALS = 1 << 2, /* Ctrl-C, Ctrl-T act; else they are data */
    TTY_COOKED = TTY_CANONICAL | TTY_ECHO | TTY_SIGNALS,
};
