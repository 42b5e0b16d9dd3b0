/* stat.c - prints what a file system knows about files. */
#include <ctype.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/complain.h"
#include "lib/mode.h"
#include "utility.h"

static const char usage[] =
    "usage: stat [-L] [-c FORMAT] FILE...\n"
    "Prints what the file system knows about the files.\n"
    "  -L          of a symbolic link: about what it leads to\n"
    "  -c FORMAT   only this, a line for each file:\n"
    "     %n name  %N with where it leads  %F kind  %s size  %b blocks of 512  %B 512  %o best "
    "size\n"
    "     %a %A permissions  %f mode in hexadecimal  %h links  %i inode  %d %D device  %% a %\n"
    "     %u %U user  %g %G group  %x %X last reading  %y %Y change  %z %Z change of these data\n";

/* %> is not for users: as %N, without quotes. */
static const char default_format[] = "  File: %>\n"
                                     "  Size: %-10s\tBlocks: %-10b IO Block: %-6o %F\n"
                                     "Device: %d\tInode: %-11i Links: %h\n"
                                     "Access: (%04a/%A)  Uid: (%5u/%8U)   Gid: (%5g/%8G)\n"
                                     "Access: %x\n"
                                     "Modify: %y\n"
                                     "Change: %z\n"
                                     " Birth: -\n";

enum { STATUS_BLOCK = 512, VALUE_TEXT = 64 };

static const char *kind_of(const struct stat *status)
{
    switch (status->st_mode & S_IFMT) {
    case S_IFREG:
        return status->st_size == 0 ? "regular empty file" : "regular file";
    case S_IFDIR:
        return "directory";
    case S_IFLNK:
        return "symbolic link";
    case S_IFCHR:
        return "character special file";
    case S_IFBLK:
        return "block special file";
    case S_IFIFO:
        return "fifo";
    case S_IFSOCK:
        return "socket";
    default:
        return "weird file";
    }
}

/* There are no names of users but the one that owns all. */
static const char *owner_name(unsigned id) { return id == 0 ? "root" : "UNKNOWN"; }

static const char *unquoted(const char *name) { return name; }

/* `name`, and for a symbolic link `name -> target`, both as `form` makes them. */
static const char *name_with_target(const char *path, const struct stat *status,
                                    const char *form(const char *name))
{
    static char *text;
    size_t size = (size_t)status->st_size + 1;
    char *target = must(calloc(1, size + 1));
    const char *name = form(path), *leads_to = "", *arrow = "";

    if (S_ISLNK(status->st_mode) && readlink(path, target, size) >= 0) {
        arrow = " -> ";
        leads_to = form(target);
    }
    size = strlen(name) + strlen(arrow) + strlen(leads_to) + 1;
    text = must(realloc(text, size));
    snprintf(text, size, "%s%s%s", name, arrow, leads_to);
    free(target);
    return text;
}

static const char *time_text(char text[VALUE_TEXT], const struct timespec *time)
{
    struct tm parts;
    char day[32];

    gmtime_r(&time->tv_sec, &parts);
    strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", &parts);
    snprintf(text, VALUE_TEXT, "%s.%09ld +0000", day, (long)time->tv_nsec);
    return text;
}

static const char *number_text(char text[VALUE_TEXT], const char *format, unsigned long long value)
{
    snprintf(text, VALUE_TEXT, format, value);
    return text;
}

/* Values that are numbers; NULL for other letters. */
static const char *number_value(char text[VALUE_TEXT], char letter, const struct stat *status)
{
    switch (letter) {
    case 's':
        return number_text(text, "%llu", (unsigned long long)status->st_size);
    case 'b':
        return number_text(text, "%llu", (unsigned long long)status->st_blocks);
    case 'B':
        return number_text(text, "%llu", STATUS_BLOCK);
    case 'o':
        return number_text(text, "%llu", (unsigned long long)status->st_blksize);
    case 'a':
        return number_text(text, "%llo", status->st_mode & 07777);
    case 'f':
        return number_text(text, "%llx", status->st_mode);
    case 'h':
        return number_text(text, "%llu", (unsigned long long)status->st_nlink);
    case 'i':
        return number_text(text, "%llu", (unsigned long long)status->st_ino);
    case 'd':
        return number_text(text, "%llu", (unsigned long long)status->st_dev);
    case 'D':
        return number_text(text, "%llx", (unsigned long long)status->st_dev);
    case 'u':
        return number_text(text, "%llu", status->st_uid);
    case 'g':
        return number_text(text, "%llu", status->st_gid);
    case 'X':
        return number_text(text, "%lld", (unsigned long long)status->st_atim.tv_sec);
    case 'Y':
        return number_text(text, "%lld", (unsigned long long)status->st_mtim.tv_sec);
    case 'Z':
        return number_text(text, "%lld", (unsigned long long)status->st_ctim.tv_sec);
    default:
        return NULL;
    }
}

/* The value that a letter of the format stands for; NULL: none. */
static const char *value_of(char text[VALUE_TEXT], char letter, const char *path,
                            const struct stat *status)
{
    switch (letter) {
    case 'n':
        return path;
    case 'N':
        return name_with_target(path, status, quoted);
    case '>':
        return name_with_target(path, status, unquoted);
    case 'F':
        return kind_of(status);
    case 'A':
        return mode_text(text, status->st_mode);
    case 'U':
        return owner_name(status->st_uid);
    case 'G':
        return owner_name(status->st_gid);
    case 'x':
        return time_text(text, &status->st_atim);
    case 'y':
        return time_text(text, &status->st_mtim);
    case 'z':
        return time_text(text, &status->st_ctim);
    default:
        return number_value(text, letter, status);
    }
}

/* Prints a value in its width; with the flag `0` zeros fill it up, with `-` it comes first. */
static void value_print(const char *value, const char *flags, int width)
{
    int fill = width - (int)strlen(value);

    if (*flags == '-') {
        printf("%-*s", width, value);
        return;
    }
    for (; fill > 0; fill--)
        putchar(*flags == '0' ? '0' : ' ');
    fputs(value, stdout);
}

static int format_print(const char *format, const char *path, const struct stat *status)
{
    char text[VALUE_TEXT];

    for (const char *c = format; *c != '\0'; c++) {
        if (*c != '%') {
            putchar(*c);
            continue;
        }
        const char *start = c++, *flags = c;
        c += strspn(c, "-0");
        int width = atoi(c);
        c += strspn(c, "0123456789");
        if (*c == '%' || *c == '\0') {
            putchar('%');
            if (*c == '\0')
                return 0;
            continue;
        }
        const char *value = value_of(text, *c, path, status);
        if (value == NULL)
            return complain("%.*s: invalid directive", (int)(c + 1 - start), start);
        value_print(value, flags, width);
    }
    return 0;
}

static int file_print(const char *path, const char *format, bool follow)
{
    struct stat status;
    int result;

    if ((follow ? stat(path, &status) : lstat(path, &status)) != 0)
        return complain_errno("cannot statx %s", quoted(path));
    if (format == NULL)
        return format_print(default_format, path, &status);
    result = format_print(format, path, &status);
    putchar('\n');
    return result;
}

int main(int argc, char **argv)
{
    const char *format = NULL;
    bool follow = false;
    int option, status = 0;

    complain_as("stat");
    if (utility_help(argc, argv, usage))
        return 0;
    while ((option = getopt(argc, argv, "Lc:")) != -1) {
        if (option == '?')
            return complain_usage(usage);
        follow |= option == 'L';
        format = option == 'c' ? optarg : format;
    }
    if (optind == argc) {
        complain("missing operand");
        return complain_usage(usage);
    }
    for (int i = optind; i < argc; i++)
        status |= file_print(argv[i], format, follow);
    return utility_finish("stat", status);
}
