/* log.c - init's messages. */
#include "log.h"

#include <octavo/calls.h>

#include <stdarg.h>
#include <stdio.h>

void log_bytes(const char *bytes, size_t length)
{
    /* There is nobody to tell that a message was lost. */
    (void)system_control(HANDLE_SELF, SYSTEM_LOG_WRITE, CALL_POINTER(bytes), length);
}

void log_line(const char *format, ...)
{
    char line[LOG_LINE_MAX] = "init: ";
    size_t length = sizeof("init: ") - 1;
    va_list arguments;

    va_start(arguments, format);
    int written = vsnprintf(line + length, sizeof line - length, format, arguments);
    va_end(arguments);
    if (written > 0)
        length += (size_t)written;
    if (length > sizeof line - 1)
        length = sizeof line - 1;
    line[length++] = '\n'; /* over the NUL, which the log does not need */
    log_bytes(line, length);
}
