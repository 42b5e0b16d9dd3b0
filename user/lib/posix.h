#pragma once
/* posix.h - from results of system calls and servers to what POSIX functions return.
 *
 * Functions of the library that give a value or a negated error are raw, as those of
 * <octavo/calls.h>; posix_result turns such a result into -1 and errno, at the outer edge.
 */
#include <octavo/ipc.h>
#include <proto/file.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Returns a value that is not negative as it is; else sets errno to its negative and returns -1.
 * What no error number can be (a server made it up) becomes EIO. */
long posix_result(long raw);

/* Is this number a descriptor, not one of the library's own handles? */
static inline bool is_descriptor(int number) { return number >= 0 && number < HANDLE_FIXED; }

/* ---- files ----------------------------------------------------------------------------------- */

/* A call by the file protocol. As message_call, but: a label that the server does not know gives
 * E_INVAL, and a handle that rides on the reply without being asked for is closed. */
long file_call(int file, struct message *m);

/* The same for FILE_OPEN and name lookups, whose reply must carry a handle. -> the handle. */
long file_call_for_handle(int channel, struct message *m);

/* Reads at `offset`, or at the file's own position with FILE_AT_POSITION. -> bytes, 0 at the end.
 */
long file_read(int file, void *buffer, size_t size, uint64_t offset);
long file_write(int file, const void *buffer, size_t size, uint64_t offset);

long file_status(int file, struct file_status *status);
long file_system_status(int file, struct file_system_status *status);

/* ---- paths ----------------------------------------------------------------------------------- */

/* A message with a path: the label, words 0 and 1, and what stands in the buffer beside the path.
 */
struct path_request {
    uint64_t label;
    uint64_t word[3];   /* the third: a handle, with MESSAGE_COPY in the label */
    const void *before; /* in front of the path */
    size_t before_size;
    const char *after; /* text behind the path's NUL, at most FILE_PATH_MAX; NULL: none */
};

enum { PATH_BUFFER = sizeof(struct file_change) + 2 * (FILE_PATH_MAX + 1) };

struct path_reply {
    struct message message;
    char buffer[PATH_BUFFER];
};

/* Sends the message to who knows `path`, a relative one from `directory` (a descriptor, AT_FDCWD,
 * or a handle of the library's), and goes on where the server says. -> status. E_NOENT: an empty
 * path; E_NAMETOOLONG; E_BADF: no such directory; E_LOOP; E_INVAL: the server does not know the
 * label. A handle that rides on the reply is closed. */
long path_call(int directory, const char *path, const struct path_request *request,
               struct path_reply *reply);

/* The same for what is answered by a status alone. */
long path_tell(int directory, const char *path, const struct path_request *request);

/* Opens `path` with O_ flags; `mode` as the server gets it. -> handle. */
long path_open(int directory, const char *path, int flags, mode_t mode);

long path_status(int directory, const char *path, uint64_t flags, struct file_status *status);

/* -> the length of the link's target, which is then in reply->buffer, not ended by a NUL. */
long path_read_link(int directory, const char *path, struct path_reply *reply);

/* The path of an open directory, with a NUL. -> its length. E_RANGE: it does not fit. */
long directory_path(int directory, char *text, size_t size);

/* A path in two: the directory ("" for where it starts), and the name in it with one `/` at its end
 * if there was any. The name is "" for the root. */
struct path_parts {
    char directory[FILE_PATH_MAX + 1];
    char name[FILE_PATH_MAX + 1];
};

/* -> 0; E_NOENT: an empty path; E_NAMETOOLONG. */
long path_split(const char *path, struct path_parts *parts);

/* ---- the mask of modes ----------------------------------------------------------------------- */

/* What exec hands on. */
mode_t mode_mask(void);
