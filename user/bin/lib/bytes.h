#pragma once
/* bytes.h - reading and writing that go on after an interruption. */
#include <stdbool.h>
#include <sys/types.h>

/* As read. */
ssize_t bytes_read(int file, void *buffer, size_t size);

/* Reads until `size` bytes are there or the input ends. Returns how many; -1 for an error. */
ssize_t bytes_read_all(int file, void *buffer, size_t size);

/* Writes all of them; false for an error, with errno. */
bool bytes_write(int file, const void *buffer, size_t size);
