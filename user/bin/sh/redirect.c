/* redirect.c - carries out redirections. A descriptor is a handle, so this is opening, copying and
 * closing handles and nothing else.
 */
#include "redirect.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <octavo/calls.h>
#include <string.h>
#include <unistd.h>

#include "expand.h"

enum { SAVED_LOWEST = 10 /* beyond what a script can name */ };

static void descriptor_save(int descriptor, struct arena *arena, struct redirect_saved **saved)
{
    struct redirect_saved *record = arena_take(arena, sizeof *record);
    long copy = handle_dup(descriptor, DUP_LOWEST | SAVED_LOWEST, RIGHTS_ALL, HANDLE_CLOEXEC);

    *record = (struct redirect_saved){
        .next = *saved, .descriptor = descriptor, .copy = copy < 0 ? HANDLE_NONE : (int)copy};
    *saved = record;
}

static int file_open(enum redirection_kind kind, const char *path)
{
    switch (kind) {
    case REDIRECT_READ:
        return open(path, O_RDONLY);
    case REDIRECT_WRITE:
        return open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    default:
        return open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    }
}

/* Puts the file at the descriptor. False with errno. */
static bool file_attach(const struct redirection *redirection, const char *path)
{
    int file = file_open(redirection->kind, path);

    if (file < 0 || file == redirection->descriptor)
        return file >= 0;
    bool good = dup2(file, redirection->descriptor) >= 0;
    int error = errno;
    close(file);
    errno = error;
    return good;
}

/* `target` is a digit, or `-` to close. False with errno. */
static bool descriptor_attach(const struct redirection *redirection, const char *target)
{
    if (strcmp(target, "-") == 0) {
        close(redirection->descriptor);
        return true;
    }
    if (!isdigit((unsigned char)target[0]) || target[1] != '\0') {
        errno = EBADF;
        return false;
    }
    return dup2(target[0] - '0', redirection->descriptor) >= 0;
}

bool redirect_apply(const struct shell *shell, const struct redirection *redirections,
                    struct arena *arena, struct redirect_saved **saved)
{
    for (const struct redirection *r = redirections; r != NULL; r = r->next) {
        const char *target = expand_string(shell, r->raw, arena);

        if (target == NULL)
            return false;
        if (saved != NULL)
            descriptor_save(r->descriptor, arena, saved);
        bool good =
            r->kind == REDIRECT_COPY ? descriptor_attach(r, target) : file_attach(r, target);
        if (!good) {
            shell_complain(shell, "%s: %s", target, strerror(errno));
            return false;
        }
    }
    return true;
}

void redirect_restore(struct redirect_saved *saved)
{
    for (; saved != NULL; saved = saved->next) {
        if (saved->copy == HANDLE_NONE) {
            close(saved->descriptor);
        } else {
            dup2(saved->copy, saved->descriptor);
            close(saved->copy);
        }
    }
}
