#pragma once
/* mode.h - permissions as people read and write them. */
#include <stdbool.h>
#include <sys/stat.h>

enum { MODE_TEXT = 11 };

/* `drwxr-xr-x` */
const char *mode_text(char text[MODE_TEXT], mode_t mode);

/* Reads an octal mode, or changes of `mode` such as `u=rwx,go-w`. False: neither. */
bool mode_read(const char *text, mode_t *mode);
