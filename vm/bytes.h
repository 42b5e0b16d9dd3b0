#pragma once
/* bytes.h - copying and clearing memory. Made for pages: the C library takes a fifth more
 * instructions to copy one, nearly twice as many to clear one, and six times as many to copy one
 * where source and target are aligned differently.
 */
#include <stddef.h>

/* Copies `length` bytes, which may overlap: what memmove does. */
void bytes_copy(void *to, const void *from, size_t length);

void bytes_zero(void *to, size_t length);
