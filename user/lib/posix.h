#pragma once
/* posix.h - from results of system calls and servers to what POSIX functions return.
 *
 * Functions of the library that give a value or a negated error are raw, as those of
 * <octavo/calls.h>; posix_result turns such a result into -1 and errno, at the outer edge.
 */
#include <octavo/ipc.h>
#include <stddef.h>
#include <sys/types.h>

/* Returns a value that is not negative as it is; else sets errno to its negative and returns -1.
 * What no error number can be (a server made it up) becomes EIO. */
long posix_result(long raw);

/* A call by the file protocol. As message_call, but: a label that the server does not know gives
 * E_INVAL, and a handle that rides on the reply without being asked for is closed. */
long file_call(int file, struct message *m);

/* The same for FILE_OPEN and name lookups, whose reply must carry a handle. -> the handle. */
long file_call_for_handle(int channel, struct message *m);

/* Reads at `offset`, or at the file's own position with FILE_AT_POSITION. -> bytes, 0 at the end.
 */
long file_read(int file, void *buffer, size_t size, uint64_t offset);

/* Opens `path` (proto/file.h: resolved from `directory` unless absolute) with O_ flags. -> handle.
 */
long path_open(int directory, const char *path, int flags, mode_t mode);

/* The current directory as an absolute path. */
const char *path_directory(void);
