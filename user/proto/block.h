#pragma once
/* block.h - the block protocol: what a disk's driver answers, besides the file protocol.
 *
 * A driver registers `disk0`, `disk1`... FILE_OPEN with an empty path on such a channel opens the
 * disk: the channel that comes back is a *session*, may read and write as the flags of the open say
 * (else E_BADF), and takes the labels below, and of the file protocol FILE_READ, FILE_WRITE,
 * FILE_SEEK, FILE_STAT and FILE_SYNC, which copy and serve programs that read bytes. Data moves
 * between the disk and memory that the driver made for the session, which is where a file server
 * has its cache: nothing is copied. Any number of requests of a session may be under way, from any
 * number of threads; they are done in no particular order. A write is safe from a loss of power
 * when a FLUSH that was sent after its answer has been answered, and not before. When the driver
 * has been started anew, old sessions give E_BADF.
 */
#include <stdint.h>

enum { BLOCK_SECTOR = 512, BLOCK_SEGMENTS_MAX = 64 };

enum block_label {
    /* buffer OUT: struct block_info. */
    BLOCK_GET_INFO = 0x400,
    /* w0: bytes, at most 4 MiB. -> w2: memory object (MESSAGE_MOVE) with RIGHT_MAP; status: its
     * number in this session, from 0. It lives until the session's last handle is closed and
     * nothing is under way. E_NOMEM: no such run of pages; E_NOSPC: too many; E_INVAL: none or too
     * much. */
    BLOCK_MAKE_MEMORY,
    /* w0: first sector; w1: BLOCK_PLACE, w2: length in bytes, whole sectors; or, with BUFFER_IN, an
     * array of struct block_segment instead of w1 and w2. -> 0 when all of it is there. E_IO: the
     * device failed; E_RANGE: beyond its end; E_INVAL; E_NODEV: the device is gone. */
    BLOCK_READ,
    /* the same. -> 0: a reader finds it. E_ROFS. */
    BLOCK_WRITE,
    /* -> 0: what was written is safe. */
    BLOCK_FLUSH,
    /* w0: first sector, w1: sectors. What is there need not be kept. E_NOSYS: it cannot. */
    BLOCK_DISCARD,
};

/* A place in the session's memory: the number of the memory object, and an offset of whole sectors.
 */
#define BLOCK_PLACE(memory, offset) ((uint64_t)(memory) << 48 | (offset))
#define BLOCK_PLACE_MEMORY(place)   ((uint32_t)((place) >> 48))
#define BLOCK_PLACE_OFFSET(place)   ((place)&0xffffffffffffull)

struct block_segment {
    uint64_t place;
    uint64_t length; /* bytes, whole sectors */
};

struct block_info {
    uint64_t sectors;
    uint32_t block_size;   /* bytes, at least a sector: requests must be whole blocks */
    uint32_t segments_max; /* of one request */
    uint32_t queue_depth;  /* requests that the device takes at once */
    uint32_t read_only;
    uint32_t has_flush; /* else every write is safe when it is answered */
    uint32_t has_discard;
    char serial[24]; /* what the device calls itself, NUL at the end; may be empty */
};
