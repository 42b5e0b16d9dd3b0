#pragma once
/* session.h - a disk behind a block driver (proto/block.h): a session, and memory that it reaches.
 */
#include "disk.h"

/* Opens the disk that the name service knows, or will know, under `name`; for reading only if asked
 * or if it can be no other. It lives as long as the process. E_NOENT: there is no such disk. */
enum error session_open(const char *name, bool read_only, struct disk **disk) MUST_USE;
