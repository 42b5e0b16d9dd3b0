#pragma once
/* stdio.h - the C library's, and renameat, which it does not declare. */
#include_next <stdio.h>

int renameat(int old_directory, const char *old, int new_directory, const char *new);
