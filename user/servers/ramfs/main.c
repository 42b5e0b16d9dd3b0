/* main.c - ramfs: a file system in memory, empty at its start and gone with its process.
 *
 *     ramfs NAME SIZE
 *
 * registers its root as NAME; SIZE limits its memory: bytes, or with K, M or G behind it units of
 * 2^10, 2^20 or 2^30 of them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operations.h"

/* -> bytes, or 0 for what is no size. */
static uint64_t parse_size(const char *text)
{
    char *end;
    uint64_t number = strtoull(text, &end, 10);

    if (end == text || (end[0] != '\0' && end[1] != '\0') || number > UINT32_MAX)
        return 0;
    switch (*end) {
    case '\0':
        return number;
    case 'K':
        return number << 10;
    case 'M':
        return number << 20;
    case 'G':
        return number << 30;
    default:
        return 0;
    }
}

int main(int argc, char **argv)
{
    struct file_system fs = {.operations = &ramfs_operations, .threads = 1};
    uint64_t limit = argc == 3 ? parse_size(argv[2]) : 0;
    long result;

    if (limit == 0) {
        fputs("usage: ramfs NAME SIZE[K|M|G]\n", stderr);
        return 2;
    }
    result = -(long)ramfs_begin(limit);
    if (result == 0)
        result = file_server_run(&fs, argv[1]);
    fprintf(stderr, "ramfs: cannot start: %s\n", strerror((int)-result));
    return 1;
}
