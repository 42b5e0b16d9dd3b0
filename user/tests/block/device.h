#pragma once
/* device.h - a disk as the tests use it: a session with one memory object, and sectors whose
 * contents say what they are. */
#include <octavo/ipc.h>
#include <proto/block.h>

#include <stdbool.h>
#include <stdint.h>

/* What tests/system/test_block.py attaches. */
enum {
    DISK_SCRATCH,
    DISK_SECOND,
    DISK_READ_ONLY,
    DISK_FAILS,      /* at two sectors */
    FAILS_READ = 64, /* reading this sector of it, and writing the other */
    FAILS_WRITE = 128,
};

struct session {
    int channel;
    int memory;
    uint8_t *bytes; /* memory 0, mapped */
    uint64_t size;
};

/* A channel of the disk, as the name service has it; negative: there is none. */
long disk_channel(unsigned disk);

/* Opens the disk with O_ flags, and makes `size` bytes of memory; 0: none. False, with a failed
 * check, if it cannot. */
bool session_open(struct session *session, unsigned disk, int flags, uint64_t size);
void session_close(struct session *session);

struct block_info session_info(const struct session *session);

/* One segment of memory 0. */
long session_transfer(const struct session *session, uint64_t label, uint64_t sector,
                      uint64_t offset, uint64_t length);

/* A list of segments. */
long session_list(const struct session *session, uint64_t label, uint64_t sector,
                  const struct block_segment *segments, unsigned count);

/* Fills sectors at `bytes`, the first of which is to be `sector` in its `generation`. */
void sectors_fill(uint8_t *bytes, uint64_t sector, uint64_t generation, uint64_t count);

/* Are they that? */
bool sectors_are(const uint8_t *bytes, uint64_t sector, uint64_t generation, uint64_t count);
