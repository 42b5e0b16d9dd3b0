#pragma once
/* redirect.h - carries out `<`, `>`, `>>`, `<&` and `>&`. */
#include <stdbool.h>

#include "parser.h"
#include "shell.h"

/* What stood at a descriptor before a redirection. */
struct redirect_saved {
    struct redirect_saved *next; /* the one before */
    int descriptor;
    int copy; /* HANDLE_NONE: it was closed */
};

/* Redirects in the order of the text. With `saved` (which begins as NULL), what stood there before
 * is kept for redirect_restore, also after a failure. False after a complaint. */
bool redirect_apply(const struct shell *shell, const struct redirection *redirections,
                    struct arena *arena, struct redirect_saved **saved);

void redirect_restore(struct redirect_saved *saved);
