#pragma once
/* mount.h - mounting: making the root of one file server visible on a directory of another. Results
 * are raw. */
#include <octavo/error.h>
#include <proto/mount.h>

#include <stdbool.h>

/* Mounts the file server that is registered as `source` on the directory `path`, absolute and
 * without links, and enters it in init's list (`/` is only entered); with `wait` once the server is
 * there. E_NOENT: no such server, or directory; E_BUSY: one of the two is mounted already;
 * E_NAMETOOLONG. */
long mount_make(const char *source, const char *path, bool wait);

/* The reverse. E_NOENT: nothing is mounted there; E_BUSY: files are open, or something is mounted
 * inside. */
long mount_remove(const char *path);

/* What was written anywhere is on its device, which says that nobody uses it: for the power goes.
 */
void mount_rest_all(void);

/* A channel to the directory above `path`, an absolute one, looked for from HANDLE_ROOT. */
long mount_open_above(const char *path);

/* Entry `number` of the list, oldest first. False: there are not as many. */
bool mount_find(uint64_t number, struct mount_entry *entry);
