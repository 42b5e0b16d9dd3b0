/* rename.c - gives a file another name, by the rules of POSIX, in one operation. */
#include "names.h"

enum { DEPTH_MAX = 65536 }; /* of directories: more must be a cycle */

/* All that one renaming touches. Held: what is not NULL. */
struct renaming {
    struct inode *from, *to; /* directories */
    struct ext2_name old, new;
    struct inode *moved, *victim; /* victim: what has the new name, if anything */
    struct place at, into, up;    /* up: `..` of a directory that gets another parent */
};

static const struct ext2_name dot_dot = {"..", 2};

/* Is `directory` the same as `above`, or somewhere below it? E_INVAL if so. */
static enum error check_not_below(struct ext2 *fs, struct inode *directory,
                                  const struct inode *above)
{
    enum error error = E_OK;

    directory->holders++;
    for (uint32_t depth = 0; error == E_OK; depth++) {
        struct inode *parent;

        if (directory == above)
            error = E_INVAL;
        else if (depth == DEPTH_MAX)
            error = fs_damage(fs, "directory %u is below itself", directory->number);
        if (error != E_OK || directory->number == ROOT_INODE)
            break;
        error = name_get(fs, directory, dot_dot, &parent);
        if (error != E_OK)
            break;
        inode_put(fs, directory);
        directory = parent;
    }
    inode_put(fs, directory);
    return error;
}

/* May what is moved take the victim's place? */
static enum error check_victim(struct ext2 *fs, const struct renaming *renaming)
{
    bool is_directory = inode_is(renaming->moved, S_IFDIR);
    struct inode *victim = renaming->victim;

    if (victim == NULL)
        return E_OK;
    if (is_directory && !inode_is(victim, S_IFDIR))
        return E_NOTDIR;
    if (!is_directory && !inode_is(victim, S_IFDIR))
        return E_OK;
    if (!is_directory) {
        enum error error = check_not_below(fs, renaming->from, victim);
        return error == E_INVAL ? E_NOTEMPTY : error != E_OK ? error : E_ISDIR;
    }
    if (victim->number == ROOT_INODE)
        return E_BUSY;
    return directory_check_empty(fs, victim);
}

static enum error check(struct ext2 *fs, const struct renaming *renaming)
{
    bool other_parent = renaming->from != renaming->to;

    if (renaming->to->links == 0)
        return E_NOENT;
    if (inode_is(renaming->moved, S_IFDIR)) {
        if (renaming->moved->number == ROOT_INODE)
            return E_BUSY;
        enum error error = check_not_below(fs, renaming->to, renaming->moved);
        if (error != E_OK)
            return error;
        if (other_parent && renaming->victim == NULL && renaming->to->links >= LINKS_MAX)
            return E_MLINK;
    }
    return check_victim(fs, renaming);
}

static enum error add_inodes(struct operation *op, const struct renaming *renaming)
{
    struct inode *all[] = {renaming->from, renaming->to, renaming->moved, renaming->victim};
    enum error error = E_OK;

    for (unsigned i = 0; i < sizeof all / sizeof all[0] && error == E_OK; i++)
        if (all[i] != NULL)
            error = operation_add(op, all[i]);
    return error;
}

static enum error find_inodes(struct ext2 *fs, struct renaming *renaming)
{
    enum error error = name_get(fs, renaming->from, renaming->old, &renaming->moved);

    if (error != E_OK)
        return error;
    error = name_get(fs, renaming->to, renaming->new, &renaming->victim);
    return error == E_NOENT ? E_OK : error;
}

/* The place of the new name first: making room may move nothing, but it may add a block. */
static enum error find_places(struct operation *op, struct renaming *renaming)
{
    struct ext2 *fs = op->fs;
    bool other_parent = renaming->from != renaming->to;
    enum error error;

    if (renaming->victim != NULL)
        error = directory_find(fs, renaming->to, renaming->new, &renaming->into);
    else
        error = directory_make_room(op, renaming->to, renaming->new.length, &renaming->into);
    if (error != E_OK)
        return error;
    if (other_parent && inode_is(renaming->moved, S_IFDIR))
        error = directory_find(fs, renaming->moved, dot_dot, &renaming->up);
    if (error == E_OK)
        error = directory_find(fs, renaming->from, renaming->old, &renaming->at);
    return error;
}

/* Nothing here can fail. */
static void commit(struct operation *op, struct renaming *renaming)
{
    struct ext2 *fs = op->fs;
    struct inode *moved = renaming->moved, *victim = renaming->victim;
    bool is_directory = inode_is(moved, S_IFDIR);

    if (victim != NULL) {
        directory_set(op, renaming->to, &renaming->into, moved);
        if (is_directory)
            renaming->to->links--;
        name_drop_link(op, victim);
    } else {
        directory_insert(op, renaming->to, &renaming->into, renaming->new, moved);
    }
    directory_remove(op, renaming->from, &renaming->at);
    if (is_directory) {
        renaming->from->links--;
        renaming->to->links++;
    }
    if (renaming->up.buffer != NULL)
        directory_set(op, moved, &renaming->up, renaming->to);
    moved->changed_ns = inode_now(fs);
    inode_changed(fs, moved, true);
}

static enum error rename_in(struct operation *op, struct renaming *renaming)
{
    struct ext2 *fs = op->fs;
    enum error error = find_inodes(fs, renaming);

    if (error != E_OK || renaming->moved == renaming->victim)
        return error;
    error = check(fs, renaming);
    if (error == E_OK)
        error = add_inodes(op, renaming);
    if (error == E_OK)
        error = find_places(op, renaming);
    if (error == E_OK)
        commit(op, renaming);
    struct place *places[] = {&renaming->at, &renaming->into, &renaming->up};
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++)
        place_put(fs, places[i]);
    return error;
}

static enum error rename_once(struct ext2 *fs, struct renaming *renaming)
{
    struct operation op;
    enum error error = operation_begin(fs, CREDITS_RENAME, &op);

    if (error != E_OK)
        return error;
    error = rename_in(&op, renaming);
    operation_end(&op);
    if (renaming->moved != NULL)
        inode_put(fs, renaming->moved);
    if (renaming->victim != NULL)
        inode_put(fs, renaming->victim);
    return error;
}

enum error ext2_rename(struct ext2 *fs, struct inode *from, struct ext2_name old, struct inode *to,
                       struct ext2_name new)
{
    bool tried = false;

    fs_lock_take(&fs->lock);
    enum error error = name_check(fs, from, old);
    if (error == E_OK)
        error = name_check(fs, to, new);
    if (error == E_OK && from->links == 0)
        error = E_NOENT;
    if (error == E_OK) {
        do {
            struct renaming renaming = {.from = from, .to = to, .old = old, .new = new};
            error = rename_once(fs, &renaming);
        } while (name_try_again(fs, &error, &tried));
    }
    fs_lock_release(&fs->lock);
    return error;
}
