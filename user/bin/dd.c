/* dd.c - copies blocks of a file or a disk to a place in another. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/bytes.h"
#include "lib/complain.h"
#include "lib/number.h"
#include "lib/progress.h"
#include "utility.h"

static const char usage[] =
    "usage: dd [if=FILE] [of=FILE] [bs=BYTES] [count=N] [skip=N] [seek=N] [...]\n"
    "Copies blocks of 512 bytes from the input to the output.\n"
    "  if=, of=           these files instead\n"
    "  bs=BYTES           blocks of another size, as bs=4K\n"
    "  count=N            only so many blocks\n"
    "  skip=N, seek=N     so many blocks of the input, of the output are left out\n"
    "  conv=notrunc       what is in the output behind the copy stays\n"
    "  conv=sync          short blocks are filled up with zeros\n"
    "  conv=fsync         wait until all is on the disk\n"
    "  oflag=sync         wait for each block\n"
    "  status=progress    say every second how far it is; none: say nothing\n";

enum { DEFAULT_BLOCK = 512 };

static const char *input_name, *output_name;
static uint64_t block_size = DEFAULT_BLOCK, count = UINT64_MAX, skip, seek;
static bool keep_rest, fill_blocks, sync_at_end, sync_each, quiet, with_progress;

static struct {
    uint64_t full_in, short_in, full_out, short_out, bytes;
} done;

/* ---- operands -------------------------------------------------------------------------------- */

static bool number_operand(const char *text, uint64_t least, uint64_t *value)
{
    if (number_read(text, value) && *value >= least)
        return true;
    complain("invalid number: %s", quoted(text));
    return false;
}

/* Sets the flags that a list with commas names; `what` is for the message. */
struct flag {
    const char *name;
    bool *value;
};

static bool flags_operand(const char *text, const struct flag *flags, const char *what)
{
    while (*text != '\0') {
        size_t length = strcspn(text, ",");
        const struct flag *flag = flags;

        while (flag->name != NULL &&
               (strlen(flag->name) != length || strncmp(flag->name, text, length) != 0))
            flag++;
        if (flag->name == NULL) {
            char *name = must(strndup(text, length));

            complain("invalid %s: %s", what, quoted(name));
            free(name);
            return false;
        }
        *flag->value = true;
        text += length + (text[length] == ',');
    }
    return true;
}

static bool status_operand(const char *text)
{
    quiet = strcmp(text, "none") == 0;
    with_progress = strcmp(text, "progress") == 0;
    if (quiet || with_progress)
        return true;
    complain("invalid status level: %s", quoted(text));
    return false;
}

/* The value if the operand begins with the key and `=`. */
static const char *value_of(const char *operand, const char *key)
{
    size_t length = strlen(key);

    return strncmp(operand, key, length) == 0 && operand[length] == '=' ? operand + length + 1
                                                                        : NULL;
}

static bool operand_read(const char *operand)
{
    static const struct flag conversions[] = {
        {"notrunc", &keep_rest}, {"sync", &fill_blocks}, {"fsync", &sync_at_end}, {NULL, NULL}};
    static const struct flag output_flags[] = {{"sync", &sync_each}, {NULL, NULL}};
    const char *value;

    if ((value = value_of(operand, "if")) != NULL)
        input_name = value;
    else if ((value = value_of(operand, "of")) != NULL)
        output_name = value;
    else if ((value = value_of(operand, "bs")) != NULL)
        return number_operand(value, 1, &block_size);
    else if ((value = value_of(operand, "count")) != NULL)
        return number_operand(value, 0, &count);
    else if ((value = value_of(operand, "skip")) != NULL)
        return number_operand(value, 0, &skip);
    else if ((value = value_of(operand, "seek")) != NULL)
        return number_operand(value, 0, &seek);
    else if ((value = value_of(operand, "conv")) != NULL)
        return flags_operand(value, conversions, "conversion");
    else if ((value = value_of(operand, "oflag")) != NULL)
        return flags_operand(value, output_flags, "output flag");
    else if ((value = value_of(operand, "status")) != NULL)
        return status_operand(value);
    else
        complain("unrecognized operand %s", quoted(operand));
    return value != NULL;
}

/* ---- both ends ------------------------------------------------------------------------------- */

/* So many blocks as an offset; false if there is none so large. */
static bool blocks_offset(uint64_t blocks, off_t *offset)
{
    if (!__builtin_mul_overflow(blocks, block_size, offset) && *offset >= 0)
        return true;
    complain("offset too large: %llu blocks of %llu bytes", (unsigned long long)blocks,
             (unsigned long long)block_size);
    return false;
}

/* Leaves out the blocks that are skipped: by seeking, or where that cannot be done by reading. */
static int input_skip(int input, char *block)
{
    off_t offset;

    if (!blocks_offset(skip, &offset))
        return 1;
    if (skip == 0 || lseek(input, offset, SEEK_CUR) >= 0)
        return 0;
    for (uint64_t i = 0; i < skip; i++) {
        ssize_t length = bytes_read_all(input, block, block_size);

        if (length < 0)
            return complain_errno("error reading %s", quoted(input_name));
        if (length == 0)
            return complain("%s: cannot skip to specified offset", quoted(input_name));
    }
    return 0;
}

static int output_open(int *output)
{
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | (sync_each ? O_SYNC : 0);
    bool truncate = !keep_rest && seek == 0;

    if (output_name == NULL) {
        output_name = "standard output";
        *output = STDOUT_FILENO;
        return 0;
    }
    *output = open(output_name, flags | (truncate ? O_TRUNC : 0), 0666);
    if (*output < 0 && (errno == EACCES || errno == EINVAL)) /* what can be written only */
        *output =
            open(output_name, (flags & ~O_ACCMODE) | O_WRONLY | (truncate ? O_TRUNC : 0), 0666);
    return *output < 0 ? complain_errno("failed to open %s", quoted(output_name)) : 0;
}

/* Goes to the place where the copy begins. */
static int output_seek(int output)
{
    struct stat status;
    off_t offset;

    if (!blocks_offset(seek, &offset))
        return 1;
    if (seek == 0)
        return 0;
    if (!keep_rest && fstat(output, &status) == 0 && S_ISREG(status.st_mode) &&
        ftruncate(output, offset) != 0)
        return complain_errno("failed to truncate to %lld bytes in output file %s",
                              (long long)offset, quoted(output_name));
    if (lseek(output, offset, SEEK_CUR) < 0)
        return complain_errno("%s: cannot seek", quoted(output_name));
    return 0;
}

/* ---- copying --------------------------------------------------------------------------------- */

static int blocks_copy(int input, int output, char *block, struct progress *progress)
{
    for (uint64_t i = 0; i < count; i++) {
        ssize_t length = bytes_read(input, block, block_size);

        if (length < 0)
            return complain_errno("error reading %s", quoted(input_name));
        if (length == 0)
            break;
        bool is_full = (uint64_t)length == block_size;
        *(is_full ? &done.full_in : &done.short_in) += 1;
        if (!is_full && fill_blocks) {
            memset(block + length, 0, block_size - (size_t)length);
            length = (ssize_t)block_size;
            is_full = true;
        }
        if (!bytes_write(output, block, (size_t)length))
            return complain_errno("error writing %s", quoted(output_name));
        *(is_full ? &done.full_out : &done.short_out) += 1;
        done.bytes += (uint64_t)length;
        if (with_progress)
            progress_add(progress, (uint64_t)length);
    }
    if (sync_at_end && fsync(output) != 0)
        return complain_errno("fsync failed for %s", quoted(output_name));
    return 0;
}

static void report(const struct progress *progress)
{
    double seconds = (double)(progress_clock() - progress->begin_ns) / 1e9;
    double rate = seconds > 0 ? (double)done.bytes / seconds : 0;
    char size[NUMBER_TEXT], speed[NUMBER_TEXT];

    fprintf(stderr, "%llu+%llu records in\n%llu+%llu records out\n",
            (unsigned long long)done.full_in, (unsigned long long)done.short_in,
            (unsigned long long)done.full_out, (unsigned long long)done.short_out);
    fprintf(stderr, "%llu bytes (%s) copied, %.3f s, %s/s\n", (unsigned long long)done.bytes,
            number_human(size, done.bytes), seconds, number_human(speed, (uint64_t)rate));
}

static int copy(int input, int output)
{
    char *block = must(malloc(block_size));
    struct progress progress;
    int status = input_skip(input, block) | output_seek(output);

    progress_begin(&progress, "dd", 0);
    if (status == 0)
        status = blocks_copy(input, output, block, &progress);
    progress_end(&progress);
    if (!quiet && (status == 0 || done.full_in + done.short_in != 0))
        report(&progress);
    free(block);
    if (output != STDOUT_FILENO && close(output) != 0)
        status = complain_errno("closing output file %s", quoted(output_name));
    return status;
}

int main(int argc, char **argv)
{
    int input = STDIN_FILENO, output;

    complain_as("dd");
    if (utility_help(argc, argv, usage))
        return 0;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--") != 0 && !operand_read(argv[i]))
            return complain_usage(usage);
    if (block_size > SIZE_MAX / 2)
        return complain("invalid number: a block of %llu bytes", (unsigned long long)block_size);
    if (input_name == NULL)
        input_name = "standard input";
    else
        input = open(input_name, O_RDONLY | O_CLOEXEC);
    if (input < 0)
        return complain_errno("failed to open %s", quoted(input_name));
    if (output_open(&output) != 0)
        return 1;
    return copy(input, output);
}
