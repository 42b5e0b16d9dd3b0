#pragma once
/* peer.h - the other process of a measurement between two. */
#include <octavo/calls.h>

/* A process that the benchmark forked, or none. */
struct peer {
    int pid; /* 0: none */
};

/* Forks a process that runs `body`, which never returns. -> 0 or a negated error. */
long peer_start(struct peer *peer, void (*body)(void));

/* Ends it, if there is one, and waits until it is gone. */
void peer_stop(struct peer *peer);
