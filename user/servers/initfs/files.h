#pragma once
/* files.h - open files: which node of the tree, and the position in it.
 *
 * A file is named by the badge of its channel. Badge 0 is the root directory, always open, so that
 * the channel which a client got at its start outlives this server. Other badges carry a number
 * drawn at the server's start: those of an earlier server name nothing here.
 */
#include <stdint.h>

#include <octavo/error.h>

enum { FILES_ROOT_BADGE = 0 };

struct open_file {
    uint32_t node;     /* of the tree */
    uint64_t position; /* bytes; in a directory, entries */
};

/* start: differs between two starts of the server. */
void files_init(uint32_t start);

/* Opens `node`; its badge. E_NOMEM. */
enum error files_open(uint32_t node, uint64_t *badge) MUST_USE;

/* NULL: there is no such file. The pointer holds until the next files_open. */
struct open_file *files_find(uint64_t badge);

/* Unknown badges, and the root's, are passed over. */
void files_close(uint64_t badge);
