#pragma once
/* client.h - the labels of proto/block.h. Each function answers one request of a session: a status,
 * or SERVER_NO_REPLY when the disk has it now. */
#include <octavo/server.h>

#include "session.h"

/* Also of a disk that nobody has opened. */
long client_get_info(const struct disk *disk, const struct message *request);

long client_make_memory(struct session *session, const struct message *request,
                        struct message *reply);

/* BLOCK_READ, BLOCK_WRITE; `type` is VIRTIO_BLK_T_IN or VIRTIO_BLK_T_OUT. */
long client_transfer(struct session *session, uint32_t type, const struct message *request);

long client_flush(struct session *session, const struct message *request);
long client_discard(struct session *session, const struct message *request);

/* Has the caller died? */
bool client_is_gone(uint64_t token);

/* May the session do this? E_BADF: it was opened otherwise; E_ROFS; E_NODEV. */
enum error client_may_read(const struct session *session) MUST_USE;
enum error client_may_write(const struct session *session) MUST_USE;
