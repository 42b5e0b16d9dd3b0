/* server.c - the server loop and what the library makes of a server's answers: a small file server
 * in a child, some of whose files lie.
 *
 * The server's channel stands at HANDLE_CWD, so that its files are found by relative paths.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <octavo/calls.h>
#include <octavo/server.h>
#include <proto/file.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum { LABEL_HANDLES = 0x900, LABEL_UNKNOWN, SERVER_DIED = 3, ENTRY_BYTES = 24 };

enum behaviour { HONEST, COUNTS_TOO_MUCH, GIVES_A_HANDLE, BREAKS_ENTRIES, DIES };

struct file {
    const char *name;
    const char *contents;
    size_t size; /* what stat says; 0: as long as it is */
    uint32_t mode;
    enum behaviour behaviour;
};

/* All behind the interpreter is one argument, without the blanks around it. */
static const char script_argument[] = "--check arguments";

static const struct file files[] = {
    {"script", "#!/tests/server  --check arguments \nrest", 0, S_IFREG | 0755, HONEST},
    {"nested", "#!script deeper\n", 0, S_IFREG | 0755, HONEST},
    {"loop", "#!loop\n", 0, S_IFREG | 0755, HONEST},
    {"orphan", "#!/bin/nonesuch\n", 0, S_IFREG | 0755, HONEST},
    {"garbage", "garbage", 0, S_IFREG | 0755, HONEST},
    {"empty", "", 0, S_IFREG | 0755, HONEST},
    {"short", "\177ELF", 100000, S_IFREG | 0755, HONEST},
    {"plain", "#!/bin/true\n", 0, S_IFREG | 0644, HONEST},
    {"directory", "", 0, S_IFDIR | 0755, HONEST},
    {"broken", "", 0, S_IFDIR | 0755, BREAKS_ENTRIES},
    {"much", "", 0, S_IFREG | 0644, COUNTS_TOO_MUCH},
    {"gift", "", 0, S_IFREG | 0644, GIVES_A_HANDLE},
    {"deadly", "", 0, S_IFREG | 0644, DIES},
};

/* ---- the server; an open file's badge is its number and one --------------------------------- */

static long answer_channel(struct server *server, uint64_t badge, struct message *reply)
{
    long channel = channel_create(server->port, badge);

    if (channel < 0)
        return channel;
    reply->label = MESSAGE_MOVE;
    reply->word[2] = (uint64_t)channel;
    return 0;
}

static long answer_open(struct server *server, const struct message *request, struct message *reply)
{
    char path[64] = "";
    size_t size = message_buffer(request, BUFFER_IN);
    long copied = ipc_read(request->token, 0, path, size < sizeof path ? size : sizeof path - 1);

    if (copied < 0)
        return copied;
    for (size_t i = 0; i < TAP_COUNT(files); i++)
        if (strcmp(path, files[i].name) == 0)
            return answer_channel(server, i + 1, reply);
    return -E_NOENT;
}

static long answer_stat(const struct file *file, const struct message *request)
{
    struct file_status status = {
        .mode = file->mode,
        .size = file->size != 0 ? file->size : strlen(file->contents),
    };
    long count = message_write(request, &status, sizeof status);

    return count < 0 ? count : 0;
}

static long answer_read(struct server *server, const struct file *file,
                        const struct message *request, struct message *reply)
{
    size_t length = strlen(file->contents);

    switch (file->behaviour) {
    case COUNTS_TOO_MUCH:
        return 1 << 20;
    case GIVES_A_HANDLE:
        return answer_channel(server, TAP_COUNT(files) + 1, reply);
    case DIES:
        _exit(SERVER_DIED);
    default:
        if (request->word[0] >= length)
            return 0;
        return message_write(request, file->contents + request->word[0], length - request->word[0]);
    }
}

static long answer_entries(const struct file *file, const struct message *request)
{
    union {
        struct file_entry entry;
        char bytes[ENTRY_BYTES];
    } record = {.bytes = {0}};

    record.entry.inode = 7;
    record.entry.length = file->behaviour == BREAKS_ENTRIES ? ENTRY_BYTES + 8 : ENTRY_BYTES;
    memcpy(record.entry.name, "name", 5);
    return message_write(request, &record, sizeof record);
}

static long count_handles(void)
{
    struct process_info info = {.handles = 0};

    process_info(HANDLE_SELF, getpid(), &info);
    return info.handles;
}

static long handle(struct server *server, struct message *request, struct message *reply)
{
    const struct file *file = request->badge > 0 ? &files[request->badge - 1] : NULL;
    uint64_t label = request->label & MESSAGE_LABEL;

    if (label == FILE_OPEN)
        return answer_open(server, request, reply);
    if (label == LABEL_HANDLES)
        return count_handles();
    if (file == NULL)
        return -E_NOSYS;
    switch (label) {
    case FILE_STAT:
        return answer_stat(file, request);
    case FILE_READ:
        return answer_read(server, file, request, reply);
    case FILE_READ_DIRECTORY:
        return answer_entries(file, request);
    default:
        return -E_NOSYS;
    }
}

/* ---- the client ------------------------------------------------------------------------------ */

static struct {
    int channel;
    pid_t pid;
    long root; /* the directory that stood at HANDLE_CWD */
} fixture;

static void start_server(void)
{
    int port = (int)port_create();

    fixture.channel = (int)channel_create(port, 0);
    fixture.pid = fork();
    if (fixture.pid == 0) {
        struct server server = {.port = port, .handle = handle};

        handle_close(fixture.channel);
        server_run(&server);
    }
    handle_close(port);
    fixture.root = handle_dup(HANDLE_CWD, DUP_LOWEST, RIGHTS_ALL, 0);
    CHECK_EQUAL(handle_dup(fixture.channel, HANDLE_CWD, RIGHTS_ALL, 0), HANDLE_CWD);
}

/* -> how the server ended. */
static int stop_server(void)
{
    int status = -1;

    CHECK_EQUAL(handle_dup((int)fixture.root, HANDLE_CWD, RIGHTS_ALL, 0), HANDLE_CWD);
    handle_close((int)fixture.root);
    handle_close(fixture.channel);
    kill(fixture.pid, 9);
    CHECK_EQUAL(waitpid(fixture.pid, &status, 0), fixture.pid);
    return status;
}

static char *const arguments[] = {(char[]){"name"}, (char[]){"two"}, NULL};

/* The exit status of a file that is executed: of the program, or errno. */
static int run(const char *path)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        execv(path, arguments);
        _exit(errno);
    }
    CHECK_EQUAL(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

static void scripts_reach_their_interpreter(void)
{
    start_server();
    CHECK_EQUAL(run("script"), 0);
    CHECK_EQUAL(run("nested"), 2); /* `deeper` and `nested` */
    CHECK_EQUAL(run("loop"), ELOOP);
    CHECK_EQUAL(run("orphan"), ENOENT);
    stop_server();
}

static void what_is_no_program_is_refused_at_no_cost(void)
{
    static const struct {
        const char *name;
        int reason;
    } bad[] = {{"garbage", ENOEXEC},  {"empty", ENOEXEC}, {"short", EIO},  {"plain", EACCES},
               {"directory", EACCES}, {"loop", ELOOP},    {"none", ENOENT}};
    long before;

    start_server();
    before = count_handles();
    for (size_t i = 0; i < TAP_COUNT(bad); i++) {
        errno = 0;
        CHECK_EQUAL(execv(bad[i].name, arguments), -1);
        CHECK_EQUAL(errno, bad[i].reason);
        CHECK_EQUAL(count_handles(), before);
    }
    stop_server();
}

static void lies_are_errors(void)
{
    char buffer[16];
    long before;
    DIR *directory;
    int file;

    start_server();
    file = open("much", O_RDONLY);
    errno = 0;
    CHECK_EQUAL(read(file, buffer, sizeof buffer), -1);
    CHECK_EQUAL(errno, EIO);
    close(file);

    file = open("gift", O_RDONLY);
    before = count_handles();
    CHECK_EQUAL(read(file, buffer, sizeof buffer), 0);
    CHECK_EQUAL(count_handles(), before);
    close(file);

    directory = opendir("broken");
    if (CHECK(directory != NULL)) {
        errno = 0;
        CHECK(readdir(directory) == NULL);
        CHECK_EQUAL(errno, EIO);
        closedir(directory);
    }
    stop_server();
}

static void unknown_requests_have_the_right_errno(void)
{
    int file;

    start_server();
    file = open("gift", O_RDONLY);
    errno = 0;
    CHECK_EQUAL(lseek(file, 0, SEEK_SET), -1);
    CHECK_EQUAL(errno, EINVAL);
    CHECK(!isatty(file));
    CHECK_EQUAL(errno, ENOTTY);
    close(file);
    stop_server();
}

static void handles_that_nobody_took_are_closed(void)
{
    long before;

    start_server();
    before = call_words(fixture.channel, LABEL_HANDLES, 0, 0, 0);
    for (int i = 0; i < 20; i++)
        CHECK_EQUAL(call_words(fixture.channel, LABEL_UNKNOWN | MESSAGE_COPY, 0, 0,
                               (uint64_t)fixture.channel),
                    -E_NOSYS);
    CHECK_EQUAL(call_words(fixture.channel, LABEL_HANDLES, 0, 0, 0), before);
    stop_server();
}

static void full_table_costs_the_server_nothing(void)
{
    int first = -1, last = -1, file;
    long before;

    start_server();
    before = call_words(fixture.channel, LABEL_HANDLES, 0, 0, 0);
    while ((file = open("gift", O_RDONLY)) >= 0) {
        first = first < 0 ? file : first;
        last = file;
    }
    CHECK_EQUAL(errno, EMFILE);
    CHECK(last > first);
    for (file = first; file <= last; file++)
        close(file);
    CHECK_EQUAL(call_words(fixture.channel, LABEL_HANDLES, 0, 0, 0), before);
    stop_server();
}

static void death_of_a_server_is_an_error(void)
{
    char byte;
    int file, status;

    start_server();
    file = open("deadly", O_RDONLY);
    errno = 0;
    CHECK_EQUAL(read(file, &byte, 1), -1);
    CHECK_EQUAL(errno, E_PEERDIED);
    CHECK(strcmp(strerror(errno), "Server died") == 0);
    errno = 0;
    CHECK_EQUAL(open("gift", O_RDONLY), -1);
    CHECK_EQUAL(errno, E_PEERDIED);
    close(file);
    status = stop_server();
    CHECK_EQUAL(WEXITSTATUS(status), SERVER_DIED);
}

/* What `script` starts with its argument, its path and `two`; how many arguments more there are, or
 * 99 when those are not there. */
static int check_arguments(int argc, char **argv)
{
    if (argc < 4 || strcmp(argv[2], "script") != 0 || strcmp(argv[argc - 1], "two") != 0)
        return 99;
    return argc - 4;
}

static const struct tap_test tests[] = {
    {"server_scripts_reach_their_interpreter", scripts_reach_their_interpreter, 0},
    {"server_what_is_no_program_is_refused_at_no_cost", what_is_no_program_is_refused_at_no_cost,
     0},
    {"server_lies_are_errors", lies_are_errors, 0},
    {"server_unknown_requests_have_the_right_errno", unknown_requests_have_the_right_errno, 0},
    {"server_handles_that_nobody_took_are_closed", handles_that_nobody_took_are_closed, 0},
    {"server_full_table_costs_the_server_nothing", full_table_costs_the_server_nothing, 0},
    {"server_death_of_a_server_is_an_error", death_of_a_server_is_an_error, 0},
};

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], script_argument) == 0)
        return check_arguments(argc, argv);
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
