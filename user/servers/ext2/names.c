/* names.c - looks names up, makes and removes them.
 *
 * Whatever can fail comes first: buffers are held, inodes added, room is found. After that the
 * changes are made, which cannot fail.
 */
#include "names.h"

#include <string.h>

#include "block_map.h"
#include "group.h"
#include "orphan.h"
#include "truncate.h"

enum error name_check(const struct ext2 *fs, const struct inode *directory, struct ext2_name name)
{
    if (!inode_is(directory, S_IFDIR))
        return E_NOTDIR;
    if (name.length > NAME_MAX_BYTES)
        return E_NAMETOOLONG;
    if (name.length == 0 || memchr(name.text, '/', name.length) != NULL ||
        memchr(name.text, '\0', name.length) != NULL || name_is_dots(name))
        return E_INVAL;
    return fs->read_only ? E_ROFS : E_OK;
}

bool name_try_again(struct ext2 *fs, enum error *error, bool *tried)
{
    if (*error != E_AGAIN)
        return false;
    *error = *tried ? E_NOSPC : fs_commit(fs);
    if (*tried || *error != E_OK)
        return false;
    *tried = true;
    return true;
}

/* ---- looking up -------------------------------------------------------------------------- */

enum error name_get(struct ext2 *fs, struct inode *directory, struct ext2_name name,
                    struct inode **found)
{
    for (;;) {
        uint32_t turn = directory->names_turn;
        struct place place = {0};
        enum error error = directory_find(fs, directory, name, &place);

        if (error != E_OK)
            return error;
        uint32_t number = place_entry(&place)->inode;
        place_put(fs, &place);
        if (number < fs->first_inode && number != ROOT_INODE)
            error = fs_damage(fs, "directory %u names inode %u", directory->number, number);
        else
            error = inode_get(fs, number, found);
        if (turn == directory->names_turn) {
            if (error != E_OK || (*found)->links > 0)
                return error;
            inode_release(fs, *found);
            return fs_damage(fs, "directory %u names inode %u, which has no links",
                             directory->number, number);
        }
        if (error == E_OK)
            inode_release(fs, *found);
    }
}

static enum error look_up(struct ext2 *fs, struct inode *directory, struct ext2_name name,
                          struct inode **found)
{
    if (!inode_is(directory, S_IFDIR))
        return E_NOTDIR;
    if (name.length > NAME_MAX_BYTES)
        return E_NAMETOOLONG;
    if (name.length == 1 && name.text[0] == '.') {
        directory->holders++;
        *found = directory;
        return E_OK;
    }
    if (name.length == 0 || directory->links == 0)
        return E_NOENT;
    return name_get(fs, directory, name, found);
}

enum error ext2_look_up(struct ext2 *fs, struct inode *directory, struct ext2_name name,
                        struct inode **found)
{
    fs_lock_take(&fs->lock);
    enum error error = look_up(fs, directory, name, found);
    fs_lock_release(&fs->lock);
    return error;
}

/* ---- making ------------------------------------------------------------------------------ */

/* What a new inode shall be. */
struct creation {
    uint32_t mode;
    const char *target; /* of a link */
    size_t length;
};

/* A name that does not exist yet, with room for it. */
static enum error prepare_name(struct operation *op, struct inode *directory, struct ext2_name name,
                               struct place *place)
{
    struct ext2 *fs = op->fs;
    enum error error = directory->links == 0 ? E_NOENT : operation_add(op, directory);

    if (error != E_OK)
        return error;
    error = directory_find(fs, directory, name, place);
    if (error == E_OK) {
        place_put(fs, place);
        return E_EXIST;
    }
    if (error != E_NOENT)
        return error;
    return directory_make_room(op, directory, name.length, place);
}

/* The block of a directory or of a long link's text. */
static enum error add_contents(struct operation *op, struct inode *inode, struct inode *parent,
                               const struct creation *creation)
{
    struct ext2 *fs = op->fs;
    struct block_run run = {.count = 1};
    struct buffer *buffer;

    if (inode_is(inode, S_IFLNK) && creation->length <= FAST_LINK_MAX) {
        memcpy(inode->block, creation->target, creation->length);
        return E_OK;
    }
    enum error error = block_map_allocate(op, inode, &run);
    if (error != E_OK)
        return error;
    if (inode_is(inode, S_IFDIR)) {
        error = directory_begin(op, inode, run.block, parent);
    } else {
        error = buffer_get_zeroed(fs->store, run.block, &buffer);
        if (error == E_OK) {
            change_buffer(&op->change, buffer);
            memcpy(buffer->data, creation->target, creation->length);
            buffer_put(fs->store, buffer);
        }
    }
    if (error != E_OK)
        blocks_free(op, run.block, 1, true);
    return error;
}

static void init_inode(struct ext2 *fs, struct inode *inode, const struct creation *creation)
{
    bool directory = S_ISDIR(creation->mode);

    inode->mode = (uint16_t)creation->mode;
    inode->links = directory ? 2 : 1;
    inode->generation = fs->next_generation++;
    inode->size = directory ? fs->block_size : creation->length;
    inode->accessed_ns = inode->modified_ns = inode->changed_ns = inode_now(fs);
    inode_changed(fs, inode, true);
}

static enum error make_inode(struct operation *op, struct inode *parent,
                             const struct creation *creation, struct inode **made)
{
    struct ext2 *fs = op->fs;
    bool directory = S_ISDIR(creation->mode);
    uint32_t number;
    struct inode *inode;
    enum error error = inode_allocate(op, parent->number, directory, &number);

    if (error != E_OK)
        return error;
    error = inode_make(fs, number, &inode);
    if (error != E_OK)
        goto undo_allocate;
    init_inode(fs, inode, creation);
    error = operation_add(op, inode);
    if (error == E_OK && !S_ISREG(creation->mode))
        error = add_contents(op, inode, parent, creation);
    if (error != E_OK)
        goto undo_make;
    *made = inode;
    return E_OK;

undo_make:
    operation_leave_out(op, inode);
    inode_forget(fs, inode);
undo_allocate:
    inode_free(op, number, directory);
    return error;
}

static enum error create(struct operation *op, struct inode *directory, struct ext2_name name,
                         const struct creation *creation, struct inode **made)
{
    struct place place = {0};
    enum error error = prepare_name(op, directory, name, &place);

    if (error != E_OK)
        return error;
    error = S_ISDIR(creation->mode) && directory->links >= LINKS_MAX
                ? E_MLINK
                : make_inode(op, directory, creation, made);
    if (error == E_OK) {
        directory->links += S_ISDIR(creation->mode) ? 1 : 0;
        directory_insert(op, directory, &place, name, *made);
    }
    place_put(op->fs, &place);
    return error;
}

static enum error create_locked(struct ext2 *fs, struct inode *directory, struct ext2_name name,
                                const struct creation *creation, struct inode **made)
{
    enum error error = name_check(fs, directory, name);
    bool tried = false;

    if (error != E_OK)
        return error;
    do {
        struct operation op;

        error = operation_begin(fs, CREDITS_CREATE, &op);
        if (error != E_OK)
            return error;
        error = create(&op, directory, name, creation, made);
        operation_end(&op);
    } while (name_try_again(fs, &error, &tried));
    return error;
}

enum error ext2_create(struct ext2 *fs, struct inode *directory, struct ext2_name name,
                       uint32_t mode, struct inode **made)
{
    struct creation creation = {.mode = mode};

    if (!S_ISREG(mode) && !S_ISDIR(mode))
        return E_INVAL;
    fs_lock_take(&fs->lock);
    enum error error = create_locked(fs, directory, name, &creation, made);
    fs_lock_release(&fs->lock);
    return error;
}

enum error ext2_symlink(struct ext2 *fs, struct inode *directory, struct ext2_name name,
                        const char *target, size_t length)
{
    struct creation creation = {.mode = S_IFLNK | 0777, .target = target, .length = length};
    struct inode *made;

    if (length == 0)
        return E_NOENT;
    if (length >= fs->block_size)
        return E_NAMETOOLONG;
    fs_lock_take(&fs->lock);
    enum error error = create_locked(fs, directory, name, &creation, &made);
    if (error == E_OK)
        inode_put(fs, made);
    fs_lock_release(&fs->lock);
    return error;
}

static enum error add_link(struct operation *op, struct inode *inode, struct inode *directory,
                           struct ext2_name name)
{
    struct place place = {0};
    enum error error = operation_add(op, inode);

    if (error == E_OK && inode->links == 0)
        error = E_NOENT;
    if (error == E_OK && inode->links >= LINKS_MAX)
        error = E_MLINK;
    if (error == E_OK)
        error = prepare_name(op, directory, name, &place);
    if (error == E_OK && inode_is(inode, S_IFDIR))
        error = E_PERM;
    if (error == E_OK) {
        inode->links++;
        inode->changed_ns = inode_now(op->fs);
        inode_changed(op->fs, inode, true);
        directory_insert(op, directory, &place, name, inode);
    }
    place_put(op->fs, &place);
    return error;
}

enum error ext2_link(struct ext2 *fs, struct inode *inode, struct inode *directory,
                     struct ext2_name name)
{
    bool tried = false;

    fs_lock_take(&fs->lock);
    enum error error = name_check(fs, directory, name);
    if (error == E_OK) {
        do {
            struct operation op;

            error = operation_begin(fs, CREDITS_NAME, &op);
            if (error != E_OK)
                break;
            error = add_link(&op, inode, directory, name);
            operation_end(&op);
        } while (name_try_again(fs, &error, &tried));
    }
    fs_lock_release(&fs->lock);
    return error;
}
