/* mktemp.c - makes a file or folder with a name that nothing had, and prints it. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/complain.h"
#include "lib/place.h"
#include "utility.h"

static const char usage[] =
    "usage: mktemp [-dqu] [-p FOLDER] [TEMPLATE]\n"
    "Makes a new empty file and prints its name: TEMPLATE, whose Xs at the\n"
    "end become other characters; without it, in TMPDIR or /tmp.\n"
    "  -d         a folder\n"
    "  -u         make nothing, only print a name\n"
    "  -q         no message if it cannot be made\n"
    "  -p FOLDER  TEMPLATE is a name in there\n";

enum { CHANGED_MIN = 3, TRIES = 1000 };

struct request {
    bool is_folder, only_name, quiet;
};

static const char default_name[] = "tmp.XXXXXXXXXX";

/* The next of a sequence that differs from process to process and from time to time. Nothing
 * secret depends on it: that the name is new is seen when it is made. */
static uint64_t random_next(void)
{
    static uint64_t state;

    if (state == 0) {
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        state =
            (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec + ((uint64_t)getpid() << 48);
    }
    state += 0x9e3779b97f4a7c15ull;
    uint64_t mixed = (state ^ state >> 30) * 0xbf58476d1ce4e5b9ull;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebull;
    return mixed ^ mixed >> 31;
}

/* How many Xs are at the end. */
static size_t changed_length(const char *name)
{
    size_t length = strlen(name), count = 0;

    while (count < length && name[length - 1 - count] == 'X')
        count++;
    return count;
}

static void name_fill(char *from, size_t count)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    for (size_t i = 0; i < count; i++)
        from[i] = letters[random_next() % (sizeof letters - 1)];
}

/* Makes what is asked for, unless the name is taken; false with errno. */
static bool name_make(const char *path, const struct request *request)
{
    struct stat status;
    int file;

    if (request->only_name) {
        bool is_taken = lstat(path, &status) == 0;

        errno = is_taken ? EEXIST : 0;
        return !is_taken;
    }
    if (request->is_folder)
        return mkdir(path, 0700) == 0;
    file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return file >= 0 && close(file) == 0;
}

/* Returns a path of which the Xs are still to be filled, to be freed. */
static char *template_find(const char *given, const char *folder)
{
    const char *fallback = getenv("TMPDIR");

    if (folder == NULL)
        folder = fallback != NULL && *fallback != '\0' ? fallback : "/tmp";
    else if (given != NULL)
        return place_join(folder, given);
    return given == NULL ? place_join(folder, default_name) : must(strdup(given));
}

/* Makes the file and prints its name; frees the path. */
static int file_make(char *path, const struct request *request)
{
    size_t count = changed_length(path), length = strlen(path);
    bool is_made = false;
    int status = 0;

    if (count < CHANGED_MIN) {
        status = request->quiet ? 1 : complain("too few X's in template %s", quoted(path));
        free(path);
        return status;
    }
    for (int i = 0; i < TRIES && !is_made && (i == 0 || errno == EEXIST); i++) {
        name_fill(path + length - count, count);
        is_made = name_make(path, request);
    }
    if (is_made) {
        puts(path);
    } else {
        memset(path + length - count, 'X', count);
        status = request->quiet
                     ? 1
                     : complain_errno("failed to create %s via template %s",
                                      request->is_folder ? "directory" : "file", quoted(path));
    }
    free(path);
    return status;
}

int main(int argc, char **argv)
{
    struct request request = {0};
    const char *folder = NULL;
    int option;

    complain_as("mktemp");
    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "dqup:")) != -1) {
        if (option == '?')
            return complain_usage(usage);
        request.is_folder |= option == 'd';
        request.only_name |= option == 'u';
        request.quiet |= option == 'q';
        folder = option == 'p' ? optarg : folder;
    }
    if (argc - optind > 1) {
        complain("too many templates");
        return complain_usage(usage);
    }
    int status = file_make(template_find(argv[optind], folder), &request);
    return status != 0 ? status : utility_finish("mktemp", 0);
}
