#pragma once
/* bytes.h - a disk as a file: FILE_READ and FILE_WRITE of any bytes, for programs that copy.
 *
 * One caller after the other is served for each disk, through a buffer of the driver's; parts of
 * blocks are written by reading the block first. Who shares the disk by the block protocol
 * meanwhile and writes to the same block may lose: there is no lock.
 */
#include <octavo/server.h>

#include "session.h"

/* Each answers later, or gives a negated error. E_NOMEM, E_INVAL, and what client_may_... gives. */
long bytes_read(struct session *session, const struct message *request);
long bytes_write(struct session *session, const struct message *request);

/* -> the new position. E_INVAL. */
long bytes_seek(struct session *session, const struct message *request);
