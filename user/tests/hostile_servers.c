/* hostile_servers.c - messages that make no sense to console, initfs and init: odd labels, words,
 * buffers and handles. The servers answer, or not, and go on serving everybody else.
 *
 * The messages come from children that are killed when they wait for an answer for long: reading
 * the console is no crime, and neither is waiting for a name.
 */
#include <errno.h>
#include <fcntl.h>
#include <proto/file.h>
#include <proto/name.h>
#include <proto/start.h>
#include <proto/tty.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum {
    MESSAGES = 6000,
    MESSAGES_A_CHILD = 300,
    PATIENCE_MS = 60,
    BUFFER_PAGES = 4,
    OPEN_FILES = 600,
};

static uint64_t *progress;
static uint8_t *buffer;
static int target; /* the channel that the messages go to */

/* A label that the server knows, most of the time. What would disturb the terminal of those who
 * watch, and is the good right of any program on it, is left out. */
static uint64_t random_label(void)
{
    static const uint64_t known[] = {
        FILE_OPEN,    FILE_READ,     FILE_WRITE,          FILE_SEEK,     FILE_STAT,
        FILE_SYNC,    NAME_LOOKUP,   FILE_READ_DIRECTORY, NAME_REGISTER, TTY_GET_MODE,
        TTY_GET_SIZE, FILE_TRUNCATE, START_GET_DEVICES};
    if (tap_random_below(8) != 0)
        return known[tap_random_below(TAP_COUNT(known))];
    uint64_t label =
        tap_random_below(2) == 0 ? tap_random() & MESSAGE_LABEL : tap_random_below(0x400);
    return label == TTY_SET_MODE || label == TTY_SET_FOREGROUND ? 0 : label;
}

static uint64_t random_word(void)
{
    static const uint64_t words[] = {0,
                                     1,
                                     2,
                                     3,
                                     PAGE,
                                     1ull << 31,
                                     1ull << 32,
                                     INT64_MAX,
                                     1ull << 63,
                                     UINT64_MAX,
                                     O_RDWR | O_CREAT | O_TRUNC,
                                     O_DIRECTORY};
    return tap_random_below(4) == 0 ? tap_random() : words[tap_random_below(TAP_COUNT(words))];
}

/* Good ones, and those that end where nothing is mapped. */
static void set_random_buffer(struct message *m)
{
    uint64_t size = BUFFER_PAGES * PAGE, place = tap_random_below(size);
    uint64_t length =
        tap_random_below(8) == 0 ? tap_random() & BUFFER_LENGTH : tap_random_below(300);
    m->buffer = tap_random_below(16) == 0 ? (void *)8 : buffer + place;
    m->length = length | (tap_random_below(4) << 32);
}

/* Sometimes a handle rides along: one that works, one that does not, the channel itself. */
static void add_random_handle(struct message *m)
{
    const int riders[] = {target, (int)event_create(), HANDLE_SELF, HANDLE_SPACE, 999, -1};
    int rider = riders[tap_random_below(TAP_COUNT(riders))];
    m->label |= rider == riders[1] ? MESSAGE_MOVE : MESSAGE_COPY;
    m->word[2] = (uint64_t)rider;
}

/* Bytes that look like paths, and like nothing worse than dots when they reach the console. */
static void fill_buffer(void)
{
    static const char alphabet[] = "/.ab/..";
    for (int i = 0; i < BUFFER_PAGES * PAGE; i++)
        buffer[i] = (uint8_t)alphabet[tap_random_below(sizeof alphabet - 1)];
}

static void send_messages(void *unused)
{
    (void)unused;
    fill_buffer();
    for (int i = 0; i < MESSAGES_A_CHILD; i++) {
        struct message m = {.label = random_label()};
        for (int w = 0; w < 3; w++)
            m.word[w] = random_word();
        set_random_buffer(&m);
        /* Long writes would fill the console's log, not try its server. */
        if (m.label == FILE_WRITE && target != HANDLE_ROOT)
            m.length = (m.length & ~BUFFER_LENGTH) | tap_random_below(4);
        if (tap_random_below(6) == 0)
            add_random_handle(&m);
        __atomic_fetch_add(progress, 1, __ATOMIC_RELAXED);
        message_call(target, &m);
        if (message_has_handle(&m))
            handle_close(message_take_handle(&m));
    }
}

static void send_all_to(int channel)
{
    struct suspect suspect = {.patience_ms = PATIENCE_MS, .body = send_messages};
    uint64_t wanted = tap_warming_up() ? MESSAGES / 10 : MESSAGES;
    target = channel;
    buffer = map_pages(BUFFER_PAGES * PAGE, MAP_WRITE);
    progress = suspect.progress = map_shared(PAGE);
    while (*progress < wanted) {
        run_suspect(&suspect);
        tap_random();
    }
    unmap_pages(progress, PAGE);
    unmap_pages(buffer, BUFFER_PAGES * PAGE);
    printf("\n");
}

/* All three still do what they are for. */
static void check_servers(void)
{
    struct stat status;
    char text[16];
    int file = open("/etc/servers", O_RDONLY);
    CHECK(file >= 0);
    CHECK(read(file, text, sizeof text) == sizeof text);
    CHECK_EQUAL(close(file), 0);
    int console = open("/dev/console", O_RDWR);
    CHECK(console >= 0);
    CHECK_EQUAL(fstat(console, &status), 0);
    CHECK(S_ISCHR(status.st_mode));
    CHECK_EQUAL(write(console, "\n", 1), 1);
    CHECK_EQUAL(close(console), 0);
}

static void test_initfs(void)
{
    int file = open("/bin/true", O_RDONLY), directory = open("/bin", O_RDONLY | O_DIRECTORY);
    send_all_to(HANDLE_ROOT);
    check_servers();
    send_all_to(file);
    send_all_to(directory);
    check_servers();
    close(file);
    close(directory);
}

static void test_console(void)
{
    int console = open("/dev/console", O_RDWR);
    send_all_to(console);
    check_servers();
    close(console);
}

static void test_init(void)
{
    send_all_to(HANDLE_NAMES);
    check_servers();
}

/* Many open files at once, then none. */
static void open_many(void *unused)
{
    (void)unused;
    for (int i = 0; i < OPEN_FILES; i++)
        if (!CHECK(open("/bin/true", O_RDONLY) >= 0))
            break;
}

static void test_many_open_files(void)
{
    tap_join(tap_fork(open_many, NULL));
    check_servers();
}

/* A reader and a writer that die in the middle of their request. */
static void read_console(void *unused)
{
    char text[10];
    (void)unused;
    CHECK(read(0, text, sizeof text) < 0);
}

static void write_console(void *unused)
{
    static char dots[20000];
    (void)unused;
    memset(dots, '.', sizeof dots);
    write(1, dots, sizeof dots);
}

static void test_dying_readers_and_writers(void)
{
    for (int i = 0; i < 10; i++) {
        int reader = tap_fork(read_console, NULL);
        int writer = tap_fork(write_console, NULL);
        thread_reaches(reader, 0, THREAD_REPLY);
        tap_kill(reader);
        tap_kill(writer);
    }
    printf("\n");
    check_servers();
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"hostile_servers_initfs", test_initfs, 120},
        {"hostile_servers_console", test_console, 120},
        {"hostile_servers_init", test_init, 120},
        {"hostile_servers_many_open_files", test_many_open_files, 0},
        {"hostile_servers_dying_readers_and_writers", test_dying_readers_and_writers, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
