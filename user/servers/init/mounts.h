#pragma once
/* mounts.h - the list of mounted file systems (proto/mount.h), and those of /etc/mounts.
 *
 * /etc/mounts has a line for each file system that is mounted before the first session:
 *
 *     source  path
 *
 * the name under which a server registers its root, and a directory. From `#` on a line is comment.
 */
#include <octavo/server.h>

/* Serves the labels of proto/mount.h. */
long mounts_add(const struct message *request);
long mounts_remove(const struct message *request);
long mounts_list(const struct message *request);

/* Reads /etc/mounts, cuts it up in place (it must stay). Complains in the log and goes on. */
void mounts_init(char *table, size_t length);

/* In the child that becomes the session, which may call servers: enters `root`, the name of the
 * root's server, and mounts what /etc/mounts names and the list has not. Complains in the log and
 * goes on. */
void mounts_make(const char *root);

/* In a child, which may call servers: lets all that is mounted rest, for the power goes. */
void mounts_rest(void);
