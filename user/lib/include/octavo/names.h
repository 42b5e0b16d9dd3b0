#pragma once
/* names.h - asking the name service (proto/name.h) at HANDLE_NAMES. Results are raw. */
#include <octavo/error.h>
#include <stdbool.h>
#include <stddef.h>

/* -> a new handle of the channel registered under `name`, `length` bytes; with `wait` not before
 * somebody has registered it, without: E_NOENT at once. */
long name_lookup(const char *name, size_t length, bool wait);

/* Registers `channel` under `name`, text; the channel stays the caller's and needs RIGHT_DUP. -> 0.
 * E_PERM: not a server that may use this name. */
long name_register(const char *name, int channel);
