/* fuzz_initrd.c - any bytes as a cpio archive: entries lie inside, one behind the other, and the
 * walk ends.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <octavo/cpio.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(int condition)
{
    if (!condition)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct cpio archive = {.bytes = bytes, .size = size};
    struct cpio_entry entry, same;
    size_t cursor = 0, before = 0;
    enum error error;
    while ((error = cpio_next(&archive, &cursor, &entry)) == E_OK) {
        const uint8_t *name = (const uint8_t *)entry.name, *data = entry.data;
        require(cursor > before && cursor <= size);
        require(name >= bytes + before && name + strlen(entry.name) < data);
        require(data <= bytes + cursor && entry.size <= (size_t)(bytes + size - data));
        require(cpio_resolve_link(&archive, &entry) == E_OK || entry.complaint);
        data = entry.data;
        require(data >= bytes && entry.size <= (size_t)(bytes + size - data));
        /* The first entry of that name need not be this one, but there is one. */
        error = cpio_find(&archive, entry.name, &same);
        require(error == E_OK ? strcmp(same.name, entry.name) == 0 : error == E_INVAL);
        before = cursor;
    }
    require(error == E_NOENT || (error == E_INVAL && entry.complaint));
    return 0;
}
