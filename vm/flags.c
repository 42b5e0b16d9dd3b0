/* flags.c - the bits of a page-table entry as the letters that people write. */
#include "address_space.h"

#include <string.h>

/* The letter of bit i; text shows the highest bit first. */
static const char letters[] = "VRWXUGAD";

enum { LETTERS = sizeof letters - 1 };
_Static_assert(VM_FLAGS_TEXT_SIZE == LETTERS + 1, "text holds each letter and a NUL");

uint64_t vm_flags(const char *text)
{
    uint64_t flags = 0;

    for (; *text; text++) {
        const char *letter = strchr(letters, *text);
        if (letter)
            flags |= 1ull << (letter - letters);
    }
    return flags;
}

void vm_flags_text(uint64_t flags, char text[VM_FLAGS_TEXT_SIZE])
{
    for (int bit = 0; bit < LETTERS; bit++)
        text[LETTERS - 1 - bit] = flags & 1ull << bit ? letters[bit] : '_';
    text[LETTERS] = '\0';
}
