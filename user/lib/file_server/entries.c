/* entries.c - names made, removed and moved; checked in the order in which Linux checks. */
#include "request.h"

#include <string.h>
#include <sys/stat.h>

#include "mounts.h"

enum {
    DIRECTORY_PERMISSIONS = 01777,
    TARGET_SIZE = 4096, /* of links that other systems made */
};

static bool is_directory(const struct file_request *request, struct file_node *node)
{
    return (request_mode(request, node) & S_IFMT) == S_IFDIR;
}

/* ---- removing ---- */

/* Of a path that does not end in a name. */
static long refuse_end(enum walk_last last, bool directory)
{
    if (!directory)
        return -E_ISDIR;
    switch (last) {
    case WALK_LAST_DOT:
        return -E_INVAL;
    case WALK_LAST_DOT_DOT:
        return -E_NOTEMPTY;
    default:
        return -E_BUSY;
    }
}

static long unlink_file(const struct file_request *request, const struct walk *walk)
{
    const struct file_operations *operations = request->fs->operations;

    if (request_check_change(request, operations->unlink != NULL) != 0)
        return -E_ROFS;
    if (walk->node == NULL)
        return -E_NOENT;
    if (is_directory(request, walk->node))
        return -E_ISDIR;
    if (walk->slash)
        return -E_NOTDIR;
    return -(long)operations->unlink(request->fs, walk->directory, walk->name);
}

static long remove_directory(const struct file_request *request, const struct walk *walk)
{
    const struct file_operations *operations = request->fs->operations;

    if (request_check_change(request, operations->remove_directory != NULL) != 0)
        return -E_ROFS;
    if (walk->node == NULL)
        return -E_NOENT;
    if (!is_directory(request, walk->node))
        return -E_NOTDIR;
    if (mounts_has(walk->node))
        return -E_BUSY;
    return -(long)operations->remove_directory(request->fs, walk->directory, walk->name);
}

long request_unlink(const struct file_request *request)
{
    bool directory = (request->message->word[0] & FILE_REMOVE_DIRECTORY) != 0;
    struct walk walk;
    long status = request_begin_walk(request, 0, &walk, NULL);

    if (status != 0)
        return status;
    status = walk_path(&walk, request->file->node, WALK_NAME);
    if (status == 0 && walk.last != WALK_LAST_NAME)
        status = refuse_end(walk.last, directory);
    else if (status == 0)
        status = directory ? remove_directory(request, &walk) : unlink_file(request, &walk);
    return request_end_walk(request, &walk, status);
}

/* ---- making ---- */

/* Is there room for a new name? */
static long check_new(const struct file_request *request, const struct walk *walk,
                      bool has_operation)
{
    if (walk->last != WALK_LAST_NAME || walk->node != NULL)
        return -E_EXIST;
    return request_check_change(request, has_operation);
}

static long make_directory(const struct file_request *request, struct walk *walk)
{
    const struct file_operations *operations = request->fs->operations;
    uint32_t mode = (uint32_t)request->message->word[0] & DIRECTORY_PERMISSIONS;
    long status = check_new(request, walk, operations->create != NULL);

    if (status != 0)
        return status;
    return -(long)operations->create(request->fs, walk->directory, walk->name, S_IFDIR | mode,
                                     &walk->node);
}

long request_make_directory(const struct file_request *request)
{
    struct walk walk;
    long status = request_begin_walk(request, 0, &walk, NULL);

    if (status != 0)
        return status;
    status = walk_path(&walk, request->file->node, WALK_NAME);
    if (status == 0)
        status = make_directory(request, &walk);
    return request_end_walk(request, &walk, status);
}

static long make_symlink(const struct file_request *request, struct walk *walk, const char *target,
                         size_t length)
{
    const struct file_operations *operations = request->fs->operations;
    long status = check_new(request, walk, operations->symlink != NULL);

    if (status == 0 && walk->slash)
        status = -E_NOENT;
    if (status != 0)
        return status;
    return -(long)operations->symlink(request->fs, walk->directory, walk->name, target, length);
}

long request_symlink(const struct file_request *request)
{
    char target[FILE_PATH_MAX + 1];
    struct walk walk;
    size_t next;
    long length, status = request_begin_walk(request, 0, &walk, &next);

    if (status != 0)
        return status;
    length = request_read_text(request, next, target);
    if (length <= 0)
        return length < 0 ? length : -E_NOENT;
    status = walk_path(&walk, request->file->node, WALK_NAME);
    if (status == 0)
        status = make_symlink(request, &walk, target, (size_t)length);
    return request_end_walk(request, &walk, status);
}

static long give_target(const struct file_request *request, struct file_node *node)
{
    char target[TARGET_SIZE];
    long length;

    if ((request_mode(request, node) & S_IFMT) != S_IFLNK)
        return -E_INVAL;
    length = request->fs->operations->read_link(request->fs, node, target, sizeof target);
    return length < 0 ? length : message_write(request->message, target, (size_t)length);
}

long request_read_link(const struct file_request *request)
{
    struct walk walk;
    long status = request_begin_walk(request, 0, &walk, NULL);

    if (status != 0)
        return status;
    status = walk_find(&walk, request->file->node, 0);
    if (status != 0)
        return request_end_walk(request, &walk, status);
    status = give_target(request, walk.node);
    walk_end(&walk);
    return status;
}

/* ---- a second name ---- */

/* The name that FILE_LINK and FILE_RENAME give, and the directory that gets it. */
struct new_name {
    char text[FILE_PATH_MAX + 1];
    struct file_name name;
    bool slash;                  /* one stood behind it */
    struct open_file *directory; /* in use */
};

/* The name, without slashes at its end. E_INVAL: with others. */
static long read_new_name(const struct file_request *request, size_t offset, struct new_name *new)
{
    long length = request_read_text(request, offset, new->text);
    size_t end;

    if (length < 0)
        return length;
    for (end = (size_t)length; end > 0 && new->text[end - 1] == '/'; end--)
        ;
    if (memchr(new->text, '/', end) != NULL)
        return -E_INVAL;
    new->name = (struct file_name){.text = new->text, .length = end};
    new->slash = end < (size_t)length;
    return 0;
}

static bool is_ordinary(struct file_name name)
{
    return name.length > 0 && !(name.length == 1 && name.text[0] == '.') &&
           !(name.length == 2 && name.text[0] == '.' && name.text[1] == '.');
}

/* The directory that a number of FILE_IDENTIFY names. */
static long use_directory(const struct file_request *request, struct new_name *new)
{
    new->directory = files_use_number(request->message->word[0]);
    if (new->directory == NULL)
        return -E_XDEV;
    if (is_directory(request, new->directory->node))
        return 0;
    files_done(request->fs, new->directory);
    return -E_NOTDIR;
}

/* What has the new name: held, or NULL. */
static long look_new_up(const struct file_request *request, const struct new_name *new,
                        struct file_node **found)
{
    enum error error =
        request->fs->operations->look_up(request->fs, new->directory->node, new->name, found);

    if (error != E_OK)
        *found = NULL;
    return error == E_NOENT ? 0 : -(long)error;
}

static void put(const struct file_request *request, struct file_node *node)
{
    if (node != NULL)
        request->fs->operations->put(request->fs, node);
}

static long link_to(const struct file_request *request, struct file_node *node,
                    const struct new_name *new)
{
    const struct file_operations *operations = request->fs->operations;
    struct file_node *found;
    long status;

    if (!is_ordinary(new->name))
        return -E_EXIST;
    if (new->name.length > FILE_NAME_MAX)
        return -E_NAMETOOLONG;
    status = look_new_up(request, new, &found);
    if (status != 0)
        return status;
    put(request, found);
    if (found != NULL)
        return -E_EXIST;
    if (new->slash)
        return -E_NOENT;
    if (request_check_change(request, operations->link != NULL) != 0)
        return -E_ROFS;
    if (is_directory(request, node))
        return -E_PERM;
    return -(long)operations->link(request->fs, node, new->directory->node, new->name);
}

long request_link(const struct file_request *request)
{
    struct new_name new;
    struct walk walk;
    size_t next;
    long status = request_begin_walk(request, 0, &walk, &next);

    if (status == 0)
        status = read_new_name(request, next, &new);
    if (status != 0)
        return status;
    status = walk_find(&walk, request->file->node,
                       (request->message->word[1] & FILE_NO_FOLLOW) != 0 ? 0 : WALK_FOLLOW);
    if (status == 0)
        status = use_directory(request, &new);
    if (status == 0) {
        status = link_to(request, walk.node, &new);
        files_done(request->fs, new.directory);
    }
    return request_end_walk(request, &walk, status);
}

/* ---- another name ---- */

/* Neither the old name nor what has the new one may be a mount point. */
static long check_mounts(const struct file_request *request, const struct walk *walk,
                         const struct new_name *new)
{
    struct file_node *found;
    long status;

    if (!mounts_any())
        return 0;
    if (mounts_has(walk->node))
        return -E_BUSY;
    status = look_new_up(request, new, &found);
    if (status == 0 && found != NULL && mounts_has(found))
        status = -E_BUSY;
    put(request, found);
    return status;
}

static long rename_to(const struct file_request *request, const struct walk *walk,
                      const struct new_name *new)
{
    const struct file_operations *operations = request->fs->operations;
    long status;

    if (walk->last != WALK_LAST_NAME || !is_ordinary(new->name))
        return -E_BUSY;
    if (request_check_change(request, operations->rename != NULL) != 0)
        return -E_ROFS;
    if (walk->node == NULL)
        return -E_NOENT;
    if (new->name.length > FILE_NAME_MAX)
        return -E_NAMETOOLONG;
    if ((walk->slash || new->slash) && !is_directory(request, walk->node))
        return -E_NOTDIR;
    status = check_mounts(request, walk, new);
    if (status != 0)
        return status;
    return -(long)operations->rename(request->fs, walk->directory, walk->name, new->directory->node,
                                     new->name);
}

long request_rename(const struct file_request *request)
{
    struct new_name new;
    struct walk walk;
    size_t next;
    long status = request_begin_walk(request, 0, &walk, &next);

    if (status == 0)
        status = read_new_name(request, next, &new);
    if (status != 0)
        return status;
    status = walk_path(&walk, request->file->node, WALK_NAME);
    if (status == 0)
        status = use_directory(request, &new);
    if (status == 0) {
        status = rename_to(request, &walk, &new);
        files_done(request->fs, new.directory);
    }
    return request_end_walk(request, &walk, status);
}
