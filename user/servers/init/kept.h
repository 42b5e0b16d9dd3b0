#pragma once
/* kept.h - memory that devices may write to, held so that it outlives the server that made it.
 *
 * When a driver dies, its device goes on writing. The pages must not go to anybody else before the
 * next driver has reset the device, and says so.
 */
#include <stdint.h>

#include <octavo/error.h>

enum { KEPT_MAX = 1024 }; /* of all services; init's handles stay below what launch.c parks */

/* Keeps the memory object `handle`, which becomes init's, for a service. -> its number. E_NOSPC,
 * E_NOMEM: the handle stays the caller's. */
enum error kept_add(int service, int handle, uint64_t *number) MUST_USE;

/* Lets one go. E_NOENT: the service has none of that number. */
enum error kept_drop(int service, uint64_t number) MUST_USE;

/* Lets all go that the service, now or earlier, gave. */
void kept_drop_all(int service);
