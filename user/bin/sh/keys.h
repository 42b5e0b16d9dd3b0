#pragma once
/* keys.h - from the bytes that a terminal sends to keys. A key is a byte, or one of enum key. */

/* Keys that are not one byte. */
enum key {
    KEY_NONE = 256, /* part of a sequence that is not complete, or one that means nothing */
    KEY_LEFT,
    KEY_RIGHT,
    KEY_UP,
    KEY_DOWN,
    KEY_HOME,
    KEY_END,
    KEY_DELETE,
};

#define KEY_CONTROL(letter) ((letter)&0x1f)

/* Puts escape sequences (ECMA-48, 5.4: control sequences) together. A zeroed struct is ready. */
struct key_decoder {
    enum { KEYS_PLAIN, KEYS_ESCAPE, KEYS_SEQUENCE } state;
    int parameter;
};

/* The key that `byte` completes, or KEY_NONE. */
int key_decode(struct key_decoder *decoder, unsigned char byte);
