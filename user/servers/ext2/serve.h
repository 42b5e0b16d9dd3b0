#pragma once
/* serve.h - an ext2 file system as the library of file servers wants it. */
#include "ext2.h"

#include <octavo/file_server.h>

/* For a struct file_system whose context is the struct ext2. Any number of threads. */
extern const struct file_operations serve_operations;
