#pragma once
/* log.h - init's messages: to the kernel's log, which needs no server to be alive. */
#include <stddef.h>

/* Writes "init: ", the text and a newline. Text beyond LOG_LINE_MAX bytes is cut. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Writes `length` bytes as they are. */
void log_bytes(const char *bytes, size_t length);

enum { LOG_LINE_MAX = 256 };
