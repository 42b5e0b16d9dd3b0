/* script.c - takes scripts apart and runs their commands. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.h"

static const struct command *const tables[] = {
    file_commands, name_commands, status_commands, directory_commands, process_commands, NULL,
};

static int slots[SLOTS] = {-1, -1, -1, -1, -1, -1, -1, -1};

/* ---- words ----------------------------------------------------------------------------------- */

static int slot_index(const char *word)
{
    if (word[0] < 'a' || word[0] >= 'a' + SLOTS || word[1] != '\0') {
        fprintf(stderr, "no slot: %s\n", word);
        exit(2);
    }
    return word[0] - 'a';
}

int slot_get(const char *word)
{
    if (strcmp(word, ".") == 0)
        return AT_FDCWD;
    if (strcmp(word, "!") == 0)
        return NOT_OPEN;
    return strcmp(word, "-") == 0 ? -1 : slots[slot_index(word)];
}

long slot_set(const char *word, int file)
{
    int i = slot_index(word);

    if (file < 0)
        return -1;
    if (slots[i] >= 0 && slots[i] != file)
        close(slots[i]);
    slots[i] = file;
    return 0;
}

void slots_close(void)
{
    for (int i = 0; i < SLOTS; i++) {
        if (slots[i] >= 0)
            close(slots[i]);
        slots[i] = -1;
    }
}

long number(const char *word) { return strtol(word, NULL, 10); }

unsigned octal(const char *word) { return (unsigned)strtoul(word, NULL, 8); }

void say(struct answer *answer, const char *format, ...)
{
    size_t used = strlen(answer->text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(answer->text + used, sizeof answer->text - used, format, arguments);
    va_end(arguments);
}

void say_bytes(struct answer *answer, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (isgraph((unsigned char)bytes[i]))
            say(answer, "%c", bytes[i]);
        else
            say(answer, "<%u>", (unsigned char)bytes[i]);
}

/* Copies a word, with letters in place of `{n}`. -> behind the copy. */
static char *expand(const char *word, char *to, const char *end)
{
    while (*word != '\0' && *word != ' ' && *word != ';') {
        long count = 1;
        char letter = *word;

        if (letter == '{') {
            count = number(word + 1);
            letter = 'x';
            word = strchr(word, '}');
        }
        if (count >= end - to)
            exit(2);
        memset(to, letter, (size_t)count);
        to += count;
        word++;
    }
    *to = '\0';
    return to + 1;
}

/* ---- commands -------------------------------------------------------------------------------- */

static const struct command *find_command(const char *name)
{
    for (int i = 0; tables[i] != NULL; i++)
        for (const struct command *command = tables[i]; command->name != NULL; command++)
            if (strcmp(command->name, name) == 0)
                return command;
    fprintf(stderr, "no command: %s\n", name);
    exit(2);
}

static void print_answer(const char *name, const struct answer *answer, int error)
{
    printf(" %s=", name);
    if (answer->result >= 0)
        printf("%ld", answer->result);
    else if (error_name(error) != NULL)
        printf("%s", error_name(error));
    else
        printf("error-%s", strerror(error));
    if (answer->text[0] != '\0')
        printf("(%s)", answer->text);
}

static void run_command(char *const *word, unsigned count)
{
    const struct command *command = find_command(word[0]);
    struct answer answer = {0};

    if (count < command->words) {
        fprintf(stderr, "too few words: %s\n", word[0]);
        exit(2);
    }
    errno = 0;
    command->run(word + 1, &answer);
    print_answer(word[0], &answer, errno);
}

/* Takes the words of one command. -> where the next begins, or NULL. */
static const char *take_command(const char *script, char *text, char **word, unsigned *count)
{
    static char nothing[] = "";
    char *to = text;

    *count = 0;
    while (*script == ' ')
        script++;
    while (*script != '\0' && *script != ';' && *count < WORDS_MAX) {
        word[(*count)++] = to;
        to = expand(script, to, text + LONG_TEXT);
        script += strcspn(script, " ;");
        script += strspn(script, " ");
    }
    for (unsigned i = *count; i <= WORDS_MAX; i++)
        word[i] = nothing;
    return *script == ';' ? script + 1 : NULL;
}

void script_run(const char *script)
{
    static char text[LONG_TEXT];
    char *word[WORDS_MAX + 1];
    unsigned count;
    pid_t child = 0;

    while (script != NULL) {
        script = take_command(script, text, word, &count);
        if (count == 0)
            continue;
        if (strcmp(word[0], "child") == 0) {
            fflush(stdout);
            child = fork();
            if (child > 0) {
                int status;

                waitpid(child, &status, 0);
                script = strstr(script, "parent");
            }
        } else if (strcmp(word[0], "parent") == 0) {
            if (child == 0) {
                fflush(stdout);
                _exit(0);
            }
        } else {
            run_command(word, count - 1);
        }
    }
}
