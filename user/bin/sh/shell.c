/* shell.c - the state of one shell process. */
#include "shell.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_LIMIT = 512 };

void shell_complain(const struct shell *shell, const char *format, ...)
{
    char message[MESSAGE_LIMIT], line[24] = "";
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (shell->line != 0)
        snprintf(line, sizeof line, "line %d: ", shell->line);
    /* One call, so that it is one write and messages of several processes do not mix. */
    fprintf(stderr, "%s: %s%s\n", shell->name, line, message);
}

void shell_set_parameters(struct shell *shell, int count, char *const *values)
{
    for (int i = 0; i < shell->parameter_count; i++)
        free(shell->parameters[i]);
    shell->parameters = memory_resize(shell->parameters, (size_t)(count + 1) * sizeof(char *));
    for (int i = 0; i < count; i++)
        shell->parameters[i] = memory_copy(values[i], strlen(values[i]));
    shell->parameters[count] = NULL;
    shell->parameter_count = count;
}
