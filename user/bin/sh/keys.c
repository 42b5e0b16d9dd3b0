/* keys.c - puts escape sequences together. Sequences that mean nothing here are read to their end
 * and dropped, so that no part of them ends up in the line.
 */
#include "keys.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>

int key_decode(struct key_decoder *decoder, unsigned char byte)
{
    static const struct {
        unsigned char final;
        int parameter;
        int key;
    } sequences[] = {
        {'A', 0, KEY_UP},   {'B', 0, KEY_DOWN}, {'C', 0, KEY_RIGHT},  {'D', 0, KEY_LEFT},
        {'H', 0, KEY_HOME}, {'F', 0, KEY_END},  {'~', 1, KEY_HOME},   {'~', 7, KEY_HOME},
        {'~', 4, KEY_END},  {'~', 8, KEY_END},  {'~', 3, KEY_DELETE},
    };

    if (byte == KEY_CONTROL('[')) {
        decoder->state = KEYS_ESCAPE;
        return KEY_NONE;
    }
    if (decoder->state == KEYS_PLAIN)
        return byte;
    if (decoder->state == KEYS_ESCAPE) {
        decoder->state = byte == '[' || byte == 'O' ? KEYS_SEQUENCE : KEYS_PLAIN;
        decoder->parameter = 0;
        return KEY_NONE;
    }
    if (isdigit(byte) && decoder->parameter < 1000) {
        decoder->parameter = decoder->parameter * 10 + (byte - '0');
        return KEY_NONE;
    }
    if (byte < 0x40)
        return KEY_NONE; /* more parameters, as for a key with Shift: read and not used */
    decoder->state = KEYS_PLAIN;
    for (size_t i = 0; i < sizeof sequences / sizeof sequences[0]; i++) {
        bool has_parameter = byte != '~' || sequences[i].parameter == decoder->parameter;

        if (sequences[i].final == byte && has_parameter)
            return sequences[i].key;
    }
    return KEY_NONE;
}
