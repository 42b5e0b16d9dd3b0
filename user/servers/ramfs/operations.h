#pragma once
/* operations.h - the file system in memory, as the library for file servers wants it. */
#include "ramfs.h"

extern const struct file_operations ramfs_operations;
