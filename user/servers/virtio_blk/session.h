#pragma once
/* session.h - sessions: who has a disk open, and the memory that was made for them.
 *
 * A session lives until its channel has no handle any more and nothing is under way for it. Its
 * memory lives as long, whoever else has a handle of it.
 */
#include <octavo/error.h>

#include <stdbool.h>
#include <stdint.h>

#include "disk.h"

struct session {
    struct disk *disk;
    uint64_t badge;
    uint64_t position; /* of those who read bytes */
    int flags;         /* O_ access mode */
    bool is_closed;
    unsigned under_way; /* requests, and whoever else holds the session */
    struct dma *memory; /* an array, with room for `room` */
    unsigned memories, room;
};

/* Badges of this start of the server differ from those of others. */
void session_init(uint32_t start);

/* A new session, and the badge for its channel. E_NOMEM. */
enum error session_open(struct disk *disk, int flags, struct session **session) MUST_USE;

/* -> NULL: there is none of this badge, or it was before this server was started anew. */
struct session *session_find(uint64_t badge);

/* The last handle of the channel is gone. Badges that name no session are passed over. */
void session_close(uint64_t badge);

void session_hold(struct session *session);
void session_release(struct session *session);

/* Makes memory of its own. -> its number in the session, or a negated error: E_NOSPC, E_NOMEM,
 * E_INVAL. */
long session_make_memory(struct session *session, uint64_t bytes);
