/* peer.c - the other process of a measurement between two. */
#include "peer.h"

long peer_start(struct peer *peer, void (*body)(void))
{
    long pid = process_fork();

    if (pid == 0) {
        body();
        process_exit(1);
    }
    peer->pid = pid > 0 ? (int)pid : 0;
    return pid < 0 ? pid : 0;
}

void peer_stop(struct peer *peer)
{
    if (peer->pid == 0)
        return;
    process_kill(HANDLE_SELF, peer->pid, DEATH_KILLED);
    process_wait(peer->pid, 0, NULL);
    peer->pid = 0;
}
