#pragma once
/* names.h - the name service: channels by name, and the clients that wait for a name to come. */
#include <stdint.h>

#include <octavo/error.h>

/* Registers `channel`, which becomes the registry's, and answers who waited for the name. A channel
 * that had the name is closed. E_NOMEM: `channel` stays the caller's. */
enum error names_register(const char *name, int channel) MUST_USE;

/* -> the channel, which stays the registry's, or HANDLE_NONE. */
int names_find(const char *name);

/* Keeps the caller `token` until `name` is registered. E_NOMEM. */
enum error names_wait(const char *name, uint64_t token) MUST_USE;

/* The name will not come, or not come back: forgets its channel, and answers E_NOENT to who
 * waits. */
void names_drop(const char *name);
