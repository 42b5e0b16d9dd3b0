/* mode.c - permissions as people read and write them. */
#include "mode.h"

#include <stdlib.h>
#include <string.h>

const char *mode_text(char text[MODE_TEXT], mode_t mode)
{
    static const char letters[] = "rwxrwxrwx";

    text[0] = S_ISDIR(mode)    ? 'd'
              : S_ISCHR(mode)  ? 'c'
              : S_ISBLK(mode)  ? 'b'
              : S_ISLNK(mode)  ? 'l'
              : S_ISFIFO(mode) ? 'p'
              : S_ISSOCK(mode) ? 's'
                               : '-';
    for (int i = 0; i < 9; i++)
        text[1 + i] = (mode & (0400u >> i)) != 0 ? letters[i] : '-';
    if ((mode & S_ISUID) != 0)
        text[3] = text[3] == 'x' ? 's' : 'S';
    if ((mode & S_ISGID) != 0)
        text[6] = text[6] == 'x' ? 's' : 'S';
    if ((mode & S_ISVTX) != 0)
        text[9] = text[9] == 'x' ? 't' : 'T';
    text[10] = '\0';
    return text;
}

/* The bits that a letter of a change stands for, for all classes. */
static mode_t bits_of(char letter)
{
    switch (letter) {
    case 'r':
        return 0444;
    case 'w':
        return 0222;
    case 'x':
    case 'X': /* a folder can always be searched by somebody */
        return 0111;
    case 's':
        return S_ISUID | S_ISGID;
    case 't':
        return S_ISVTX;
    default:
        return 0;
    }
}

static mode_t class_of(char letter)
{
    switch (letter) {
    case 'u':
        return S_ISUID | 0700;
    case 'g':
        return S_ISGID | 0070;
    case 'o':
        return S_ISVTX | 0007;
    case 'a':
        return 07777;
    default:
        return 0;
    }
}

/* One change, as `go+rx`. Returns what follows it, or NULL. */
static const char *change_apply(const char *text, mode_t *mode)
{
    mode_t classes = 0, bits;

    for (; class_of(*text) != 0; text++)
        classes |= class_of(*text);
    if (classes == 0)
        classes = 07777;
    if (*text == '\0' || strchr("+-=", *text) == NULL)
        return NULL;
    while (*text != '\0' && strchr("+-=", *text) != NULL) {
        char what = *text++;

        for (bits = 0; bits_of(*text) != 0; text++)
            bits |= bits_of(*text);
        bits &= classes;
        if (what == '=')
            *mode &= ~(classes & 0777);
        *mode = what == '-' ? *mode & ~bits : *mode | bits;
    }
    return text;
}

bool mode_read(const char *text, mode_t *mode)
{
    char *end;
    unsigned long octal = strtoul(text, &end, 8);
    mode_t changed = *mode;

    if (*text >= '0' && *text <= '7' && *end == '\0' && octal <= 07777) {
        *mode = (mode_t)octal;
        return true;
    }
    do {
        text = change_apply(text, &changed);
        if (text == NULL)
            return false;
    } while (*text++ == ',');
    if (text[-1] != '\0')
        return false;
    *mode = changed;
    return true;
}
