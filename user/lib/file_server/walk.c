/* walk.c - where a path leads.
 *
 * The text that is left lies at the end of a buffer; the target of a symbolic link is put in front
 * of it, where what was walked has left room. So nothing is moved, and nothing recurses.
 *
 * `directory` is where the walked part leads, and `node`, when there is one, what the last name
 * means there.
 */
#include "walk.h"

#include <octavo/handle.h>

#include <octavo/calls.h>
#include <string.h>
#include <sys/stat.h>

#include "files.h"
#include "mounts.h"

void walk_begin(struct walk *walk, struct file_system *fs)
{
    walk->fs = fs;
    walk->directory = walk->node = NULL;
    walk->last = WALK_LAST_NOTHING;
    walk->slash = false;
    walk->channel = HANDLE_NONE;
    walk->links = 0;
    walk->at = walk->end = walk->text + WALK_ROOM;
}

static void put(struct walk *walk, struct file_node **node)
{
    if (*node != NULL)
        walk->fs->operations->put(walk->fs, *node);
    *node = NULL;
}

void walk_end(struct walk *walk)
{
    put(walk, &walk->node);
    put(walk, &walk->directory);
    if (walk->channel != HANDLE_NONE)
        handle_close(walk->channel);
    walk->channel = HANDLE_NONE;
}

static bool is_type(const struct walk *walk, struct file_node *node, uint32_t type)
{
    return (walk->fs->operations->mode(walk->fs, node) & S_IFMT) == type;
}

static void hold(struct walk *walk, struct file_node *node, struct file_node **place)
{
    walk->fs->operations->hold(walk->fs, node);
    put(walk, place);
    *place = node;
}

static void skip_slashes(struct walk *walk)
{
    while (walk->at < walk->end && *walk->at == '/')
        walk->at++;
}

/* The rest of the path is somebody else's. */
static long leave(struct walk *walk, unsigned from, long channel)
{
    if (from == FILE_FROM_CHANNEL && channel < 0)
        return channel;
    walk->from = from;
    if (from == FILE_FROM_CHANNEL) {
        walk->channel = (int)channel;
        skip_slashes(walk);
    }
    return FILE_GO_ON;
}

/* A slash at the beginning of a path or of a link's target. */
static long begin_text(struct walk *walk)
{
    if (walk->at == walk->end || *walk->at != '/')
        return 0;
    if (mounts_attached())
        return leave(walk, FILE_FROM_ROOT, HANDLE_NONE);
    hold(walk, files_root(), &walk->directory);
    return 0;
}

/* Puts the target of the link `node` in front of the rest. */
static long follow(struct walk *walk)
{
    size_t room = (size_t)(walk->at - walk->text);
    long length;

    if (walk->links++ == WALK_LINKS_MAX)
        return -E_LOOP;
    length = walk->fs->operations->read_link(walk->fs, walk->node, walk->text, room);
    put(walk, &walk->node);
    if (length <= 0)
        return length < 0 ? length : -E_NOENT;
    if ((size_t)length >= room)
        return -E_NAMETOOLONG;
    walk->at -= length;
    memmove(walk->at, walk->text, (size_t)length);
    return begin_text(walk);
}

/* Takes the next name off the path, and notes whether it is the last. */
static bool next_name(struct walk *walk, bool *is_last)
{
    const char *rest;

    skip_slashes(walk);
    walk->name.text = walk->at;
    while (walk->at < walk->end && *walk->at != '/')
        walk->at++;
    walk->name.length = (size_t)(walk->at - walk->name.text);
    rest = walk->at;
    while (rest < walk->end && *rest == '/')
        rest++;
    *is_last = rest == walk->end;
    walk->slash = *is_last && walk->at < walk->end;
    return walk->name.length > 0;
}

static enum walk_last kind_of(struct file_name name)
{
    if (name.text[0] != '.' || name.length > 2)
        return WALK_LAST_NAME;
    if (name.length == 1)
        return WALK_LAST_DOT;
    return name.text[1] == '.' ? WALK_LAST_DOT_DOT : WALK_LAST_NAME;
}

/* Finds `name` in the directory: in *node, or NULL when it is not there. */
static long look_up(struct walk *walk)
{
    enum error error;

    if (walk->name.length > FILE_NAME_MAX)
        return -E_NAMETOOLONG;
    error = walk->fs->operations->look_up(walk->fs, walk->directory, walk->name, &walk->node);
    if (error == E_OK)
        return 0;
    walk->node = NULL;
    return error == E_NOENT && walk->last == WALK_LAST_NAME ? 0 : -(long)error;
}

/* What the name means, in *node; NULL if it is the last one and nothing has it. */
static long resolve_name(struct walk *walk, bool is_last, unsigned flags)
{
    long status, channel;

    if (walk->last == WALK_LAST_DOT) {
        hold(walk, walk->directory, &walk->node);
        return 0;
    }
    if (walk->last == WALK_LAST_DOT_DOT && walk->directory == files_root() && mounts_attached())
        return leave(walk, FILE_FROM_CHANNEL, mounts_leave());
    status = look_up(walk);
    if (status != 0 || walk->node == NULL || (is_last && (flags & WALK_NAME) != 0))
        return status;
    channel = mounts_enter(walk->node);
    return channel == HANDLE_NONE ? 0 : leave(walk, FILE_FROM_CHANNEL, channel);
}

/* Is the last name, when it is a link, to be entered? */
static bool follows(const struct walk *walk, bool is_last, unsigned flags)
{
    if (!is_last)
        return true;
    return (flags & WALK_NAME) == 0 && ((flags & WALK_FOLLOW) != 0 || walk->slash);
}

/* One name of the path. Sets *done at the last. */
static long step(struct walk *walk, unsigned flags, bool *done)
{
    bool is_last;
    long status;

    if (!next_name(walk, &is_last)) {
        walk->last = WALK_LAST_NOTHING;
        hold(walk, walk->directory, &walk->node);
        *done = true;
        return 0;
    }
    if (!is_type(walk, walk->directory, S_IFDIR))
        return -E_NOTDIR;
    walk->last = kind_of(walk->name);
    if (walk->slash && walk->last == WALK_LAST_NAME && (flags & WALK_FILE) != 0)
        return -E_ISDIR;
    status = resolve_name(walk, is_last, flags);
    if (status != 0)
        return status;
    if (walk->node != NULL && is_type(walk, walk->node, S_IFLNK) && follows(walk, is_last, flags))
        return follow(walk);
    *done = is_last;
    if (is_last)
        return 0;
    if (walk->node == NULL)
        return -E_NOENT;
    put(walk, &walk->directory);
    walk->directory = walk->node;
    walk->node = NULL;
    return 0;
}

long walk_path(struct walk *walk, struct file_node *start, unsigned flags)
{
    bool done = false;
    long status;

    hold(walk, start, &walk->directory);
    status = begin_text(walk);
    while (status == 0 && !done)
        status = step(walk, flags, &done);
    return status;
}

long walk_find(struct walk *walk, struct file_node *start, unsigned flags)
{
    long status = walk_path(walk, start, flags);

    if (status != 0)
        return status;
    if (walk->node == NULL)
        return -E_NOENT;
    if (walk->slash && !is_type(walk, walk->node, S_IFDIR))
        return -E_NOTDIR;
    return 0;
}
