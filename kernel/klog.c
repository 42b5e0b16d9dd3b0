/* klog.c - a ring of the last KLOG_SIZE bytes logged. One lock guards the ring and keeps pieces
 * whole on the console; it ranks last, so anybody may log at any place.
 */
#include "kernel/klog.h"

#include <stdarg.h>
#include <stdio.h>

#include "kernel/lock.h"
#include "kernel/riscv/sbi.h"

enum { KLOG_SIZE = 16384 };

static struct lock klog_lock = LOCK_INIT("klog", RANK_LOG);
static char ring[KLOG_SIZE];  /* klog_lock */
static uint64_t ring_written; /* klog_lock: bytes ever logged */

void klog_write(const char *text, size_t length)
{
    lock_acquire(&klog_lock);
    for (size_t i = 0; i < length; i++)
        ring[ring_written++ % KLOG_SIZE] = text[i];
    sbi_console_write(text, length);
    lock_release(&klog_lock);
}

void klog(const char *format, ...)
{
    char line[256];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    klog_write(line, (size_t)length < sizeof line ? (size_t)length : sizeof line - 1);
}

size_t klog_read(uint64_t *position, char *text, size_t size)
{
    size_t count = 0;

    lock_acquire(&klog_lock);
    if (ring_written > KLOG_SIZE && *position < ring_written - KLOG_SIZE)
        *position = ring_written - KLOG_SIZE;
    while (count < size && *position < ring_written)
        text[count++] = ring[(*position)++ % KLOG_SIZE];
    lock_release(&klog_lock);
    return count;
}

void klog_unlock(void) { lock_init(&klog_lock, "klog", RANK_LOG); }
