#pragma once
/* request.h - one request of the file protocol, and the functions that serve each label.
 *
 * A function for a label gives the status that the caller gets.
 */
#include <octavo/file_server.h>

#include "files.h"
#include "walk.h"

struct file_request {
    struct file_system *fs;
    struct open_file *file; /* that the channel names */
    struct message *message;
    struct message *reply;
};

/* Makes a walk of the path that begins at byte `offset` of the caller's buffer. *next: where the
 * text behind its NUL begins. Negated errors, after which there is no walk to end. */
long request_begin_walk(const struct file_request *request, size_t offset, struct walk *walk,
                        size_t *next) MUST_USE;

/* Copies the text at `offset`, up to a NUL or the buffer's end, and puts a NUL behind it. -> its
 * length; E_NAMETOOLONG: longer than FILE_PATH_MAX; E_INVAL: the buffer ends before. */
long request_read_text(const struct file_request *request, size_t offset,
                       char text[FILE_PATH_MAX + 1]);

/* Ends the walk, and turns what it came to into the status: FILE_GO_ON is put in the reply. */
long request_end_walk(const struct file_request *request, struct walk *walk, long status);

/* May this file system be changed, by an operation that it has? 0 or -E_ROFS. */
static inline long request_check_change(const struct file_request *request, bool has_operation)
{
    return has_operation && !request->fs->read_only ? 0 : -E_ROFS;
}

static inline uint32_t request_mode(const struct file_request *request, struct file_node *node)
{
    return request->fs->operations->mode(request->fs, node);
}

/* open.c */
long request_open(const struct file_request *request);
/* transfer.c */
long request_read(const struct file_request *request);
long request_write(const struct file_request *request);
long request_seek(const struct file_request *request);
long request_read_directory(const struct file_request *request);
long request_truncate(const struct file_request *request);
long request_sync(const struct file_request *request);
long request_map(const struct file_request *request);
/* describe.c */
long request_stat(const struct file_request *request);
long request_stat_path(const struct file_request *request);
long request_stat_system(const struct file_request *request);
long request_change(const struct file_request *request);
long request_identify(const struct file_request *request);
long request_get_flags(const struct file_request *request);
long request_set_flags(const struct file_request *request);
/* entries.c */
long request_unlink(const struct file_request *request);
long request_make_directory(const struct file_request *request);
long request_symlink(const struct file_request *request);
long request_read_link(const struct file_request *request);
long request_link(const struct file_request *request);
long request_rename(const struct file_request *request);
/* place.c */
long request_get_path(const struct file_request *request);
/* mounting.c */
long request_mount(const struct file_request *request);
long request_unmount(const struct file_request *request);
long request_attach(const struct file_request *request);
