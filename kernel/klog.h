#pragma once
/* klog.h - the kernel's log: to the firmware's console, and kept in memory for SYSTEM_LOG_READ. */
#include <stddef.h>
#include <stdint.h>

/* Formats a piece of text (printf) of at most 255 bytes and logs it. */
void klog(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Logs bytes as they are. */
void klog_write(const char *text, size_t length);

/* The oldest kept bytes from *position on, which moves: at most `size` into text. Returns how many.
 */
size_t klog_read(uint64_t *position, char *text, size_t size);

/* For a panic, which may come in the middle of logging: whoever holds the log's lock will not go
 * on. */
void klog_unlock(void);
