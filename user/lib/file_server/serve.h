#pragma once
/* serve.h - the dispatch of messages to the functions of request.h. */
#include <octavo/file_server.h>

/* Prepares everything but the port's first message: root, open files. E_ as the file system's
 * root operation gives them. For file_server_run, and tests that have no port. */
enum error serve_begin(struct file_system *fs, int port, uint32_t start) MUST_USE;

/* run.c's: what this server, registered as `name`, has forgotten when it is started anew: where it
 * is mounted, and what is mounted in it, as init's list has them. What fails is left out. */
void restore_mounts(struct file_system *fs, const char *name);

/* The port that new channels lead to. */
int serve_port(void);

/* struct server's functions for a file system. */
long serve_message(struct file_system *fs, struct server *server, struct message *message,
                   struct message *reply);
void serve_closed(struct file_system *fs, struct server *server, uint64_t badge);
