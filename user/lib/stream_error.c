/* stream_error.c - output functions that leave nothing in stderr's buffer.
 *
 * The C library's functions put single characters and tell nobody when they are done. The linker
 * therefore gives callers of NAME the function __wrap_NAME below, and __real_NAME means the
 * library's (ld, option --wrap; user/build.mk lists the names). Other streams are not flushed.
 */
#include <stdio.h>

#include <errno.h>
#include <stdarg.h>
#include <string.h>

int __real_vfprintf(FILE *file, const char *format, va_list arguments);
int __real_fputs(const char *text, FILE *file);
int __real_fputc(int c, FILE *file);
size_t __real_fwrite(const void *data, size_t size, size_t count, FILE *file);

int __wrap_vfprintf(FILE *file, const char *format, va_list arguments);
int __wrap_fputs(const char *text, FILE *file);
int __wrap_fputc(int c, FILE *file);
size_t __wrap_fwrite(const void *data, size_t size, size_t count, FILE *file);

static void finish(FILE *file)
{
    if (file == stderr)
        fflush(file);
}

int __wrap_vfprintf(FILE *file, const char *format, va_list arguments)
{
    int result = __real_vfprintf(file, format, arguments);

    finish(file);
    return result;
}

int __wrap_fputs(const char *text, FILE *file)
{
    int result = __real_fputs(text, file);

    finish(file);
    return result;
}

int __wrap_fputc(int c, FILE *file)
{
    int result = __real_fputc(c, file);

    finish(file);
    return result;
}

size_t __wrap_fwrite(const void *data, size_t size, size_t count, FILE *file)
{
    size_t result = __real_fwrite(data, size, count, file);

    finish(file);
    return result;
}

/* In one piece, which the C library's is not. */
void perror(const char *text)
{
    const char *reason = strerror(errno);

    if (text != NULL && *text != '\0')
        fprintf(stderr, "%s: %s\n", text, reason);
    else
        fprintf(stderr, "%s\n", reason);
}
