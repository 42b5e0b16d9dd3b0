/* files.c - see files.h. */
#include "files.h"

#include <assert.h>
#include <sys/stat.h>

enum { CACHE_BYTES = 512 * 1024, NO_TYPE = 0 };

static const char *const path_of[FILES_NAMES] = {"a",    "b",    "c",    "d0",  "d1",
                                                 "d0/a", "d0/b", "d1/a", "d1/b"};
enum { DIRECTORY_FIRST = 3, INSIDE_FIRST = 5, INSIDE = 2 };

static bool is_directory_name(unsigned name)
{
    return name >= DIRECTORY_FIRST && name < INSIDE_FIRST;
}

/* Of the two names in the directory, the first. */
static unsigned inside(unsigned directory)
{
    return INSIDE_FIRST + (directory - DIRECTORY_FIRST) * INSIDE;
}

static uint8_t byte_of(int file, uint32_t offset)
{
    return (uint8_t)((uint32_t)file * 31 + offset * 7 + offset / 256 * 13) | 1;
}

/* ---- doing ----------------------------------------------------------------------------------- */

static struct inode *parent_of(struct files *files, unsigned name)
{
    enum error error;
    const char *path = name < INSIDE_FIRST ? "" : path_of[name < INSIDE_FIRST + INSIDE ? 3 : 4];
    struct inode *inode = image_find(files->fs, path, &error);

    assert(inode != NULL);
    return inode;
}

static struct ext2_name last_of(unsigned name)
{
    const char *slash = strchr(path_of[name], '/');

    return image_name(slash != NULL ? slash + 1 : path_of[name]);
}

static struct inode *inode_of(struct files *files, unsigned name)
{
    enum error error;
    struct inode *inode = image_find(files->fs, path_of[name], &error);

    assert(inode != NULL);
    return inode;
}

static enum error create(struct files *files, unsigned name, uint32_t mode)
{
    struct inode *parent = parent_of(files, name), *made;
    enum error error = ext2_create(files->fs, parent, last_of(name), mode, &made);

    if (error == E_OK)
        ext2_put(files->fs, made);
    ext2_put(files->fs, parent);
    return error;
}

static enum error append(struct files *files, unsigned name, int file, uint32_t bytes)
{
    const uint32_t size = files->after[files->steps].size[file];
    struct inode *inode = inode_of(files, name);
    uint8_t *memory = malloc(bytes);

    assert(memory != NULL);
    for (uint32_t i = 0; i < bytes; i++)
        memory[i] = byte_of(file, size + i);
    long written = image_write_at(files->fs, inode, size, memory, bytes);
    free(memory);
    ext2_put(files->fs, inode);
    return written == (long)bytes ? E_OK : E_NOSPC;
}

static enum error on_inode(struct files *files, unsigned name, enum files_action action,
                           uint32_t size)
{
    struct inode *inode = inode_of(files, name);
    enum error error = action == FILES_TRUNCATE ? ext2_truncate(files->fs, inode, size)
                                                : ext2_sync_inode(files->fs, inode, false);

    ext2_put(files->fs, inode);
    return error;
}

static enum error on_name(struct files *files, unsigned name, enum files_action action)
{
    struct inode *parent = parent_of(files, name);
    enum error error;

    if (action == FILES_UNLINK)
        error = ext2_unlink(files->fs, parent, last_of(name));
    else if (action == FILES_RMDIR)
        error = ext2_remove_directory(files->fs, parent, last_of(name));
    else
        error = ext2_symlink(files->fs, parent, last_of(name), "target", 6);
    ext2_put(files->fs, parent);
    return error;
}

static enum error on_names(struct files *files, unsigned from, unsigned to,
                           enum files_action action)
{
    struct inode *new = parent_of(files, to);
    struct inode *old = action == FILES_LINK ? inode_of(files, from) : parent_of(files, from);
    enum error error = action == FILES_LINK
                           ? ext2_link(files->fs, old, new, last_of(to))
                           : ext2_rename(files->fs, old, last_of(from), new, last_of(to));

    ext2_put(files->fs, old);
    ext2_put(files->fs, new);
    return error;
}

/* ---- what makes sense, and what follows --------------------------------------------------------
 */

static bool is_empty(const struct files_state *now, unsigned directory)
{
    return now->name[inside(directory)] == 0 && now->name[inside(directory) + 1] == 0;
}

static bool has_parent(const struct files_state *now, unsigned name)
{
    return name < INSIDE_FIRST ||
           now->name[DIRECTORY_FIRST + (name - INSIDE_FIRST) / INSIDE] == FILES_DIRECTORY;
}

static bool can_rename(const struct files_state *now, unsigned from, unsigned to)
{
    if (now->name[from] == 0 || from == to || !has_parent(now, to))
        return false;
    if (is_directory_name(from) != is_directory_name(to))
        return false;
    if (is_directory_name(from))
        return now->name[to] == 0 || is_empty(now, to);
    return now->name[from] < 0 || now->name[from] != now->name[to];
}

static bool makes_sense(const struct files *files, const struct files_operation *operation)
{
    const struct files_state *now = &files->after[files->steps];
    const unsigned from = operation->from, to = operation->to;
    const int what = now->name[from];

    switch (operation->action) {
    case FILES_CREATE:
        return what == 0 && !is_directory_name(from) && has_parent(now, from) &&
               files->count + 1 < FILES_MAX;
    case FILES_SYMLINK:
        return what == 0 && !is_directory_name(from) && has_parent(now, from);
    case FILES_APPEND:
        return what > 0 && now->size[what] + operation->bytes <= FILES_BYTES_MAX;
    case FILES_TRUNCATE:
    case FILES_SYNC_FILE:
        return what > 0;
    case FILES_UNLINK:
        return what > 0 || what == FILES_LINKED;
    case FILES_LINK:
        return what > 0 && now->name[to] == 0 && !is_directory_name(to) && has_parent(now, to);
    case FILES_RENAME:
        return can_rename(now, from, to);
    case FILES_MKDIR:
        return what == 0 && is_directory_name(from);
    case FILES_RMDIR:
        return what == FILES_DIRECTORY && is_empty(now, from);
    default:
        return true;
    }
}

static void follow_rename(struct files_state *now, unsigned from, unsigned to)
{
    now->name[to] = now->name[from];
    now->name[from] = 0;
    for (unsigned i = 0; i < INSIDE && is_directory_name(from); i++) {
        now->name[inside(to) + i] = now->name[inside(from) + i];
        now->name[inside(from) + i] = 0;
    }
}

/* The file keeps so many eighths of its size. */
static void cut(struct files *files, struct files_state *now, int file, uint32_t eighths)
{
    now->size[file] = now->size[file] / 8 * eighths;
    if (files->now.kept[file] > now->size[file])
        files->now.kept[file] = now->size[file];
}

static void follow(struct files *files, const struct files_operation *operation)
{
    struct files_state *now = &files->after[files->steps + 1];
    const unsigned from = operation->from;

    *now = files->after[files->steps++];
    files->done[files->steps] = *operation;
    if (now->name[from] > 0 && operation->action != FILES_RENAME)
        files->last[now->name[from]] = files->steps;
    switch (operation->action) {
    case FILES_CREATE:
        now->name[from] = ++files->count;
        files->last[files->count] = files->steps;
        break;
    case FILES_APPEND:
        now->size[now->name[from]] += operation->bytes;
        break;
    case FILES_TRUNCATE:
        cut(files, now, now->name[from], operation->bytes % 8);
        break;
    case FILES_LINK:
        now->name[operation->to] = now->name[from];
        break;
    case FILES_RENAME:
        follow_rename(now, from, operation->to);
        break;
    case FILES_MKDIR:
        now->name[from] = FILES_DIRECTORY;
        break;
    case FILES_SYMLINK:
        now->name[from] = FILES_LINKED;
        break;
    default:
        now->name[from] = 0;
    }
}

static enum error act(struct files *files, const struct files_operation *operation)
{
    const struct files_state *now = &files->after[files->steps];
    const unsigned from = operation->from;
    const int file = now->name[from] > 0 ? now->name[from] : 0;

    switch (operation->action) {
    case FILES_CREATE:
        return create(files, from, S_IFREG | 0644);
    case FILES_MKDIR:
        return create(files, from, S_IFDIR | 0755);
    case FILES_APPEND:
        return append(files, from, file, operation->bytes);
    case FILES_TRUNCATE:
    case FILES_SYNC_FILE:
        return on_inode(files, from, operation->action,
                        now->size[file] / 8 * (operation->bytes % 8));
    case FILES_LINK:
    case FILES_RENAME:
        return on_names(files, from, operation->to, operation->action);
    case FILES_SYNC:
        return ext2_sync(files->fs);
    case FILES_TICK:
        return ext2_tick(files->fs);
    default:
        return on_name(files, from, operation->action);
    }
}

void files_begin(struct files *files, struct ext2 *fs, struct disk_log *log)
{
    *files = (struct files){.fs = fs, .log = log};
}

static void add_sync(struct files *files)
{
    assert(files->syncs + 1 < FILES_STEPS_MAX);
    files->safe[++files->syncs] = files->now;
    disk_log_mark(files->log, files->syncs);
}

/* The commit has the names as they are; the contents are those of one file. */
static void sync_one(struct files *files, int file)
{
    if (files->last[file] > files->now.step)
        files->now.step = files->last[file];
    files->now.kept[file] = files->after[files->steps].size[file];
    add_sync(files);
}

void files_end(struct files *files)
{
    files->now.step = files->steps;
    memcpy(files->now.kept, files->after[files->steps].size, sizeof files->now.kept);
    add_sync(files);
}

bool files_do(struct files *files, const struct files_operation *operation)
{
    const int file = files->after[files->steps].name[operation->from];

    if (!makes_sense(files, operation) || files->steps + 1 == FILES_STEPS_MAX)
        return false;
    enum error error = act(files, operation);
    assert(error == E_OK);
    if (operation->action == FILES_SYNC)
        files_end(files);
    else if (operation->action == FILES_SYNC_FILE)
        sync_one(files, file);
    else if (operation->action < FILES_SYNC_FILE)
        follow(files, operation);
    return true;
}

void files_print(const struct files *files)
{
    static const char *const names[FILES_ACTIONS] = {
        [FILES_CREATE] = "create", [FILES_APPEND] = "append", [FILES_TRUNCATE] = "truncate",
        [FILES_UNLINK] = "unlink", [FILES_LINK] = "link",     [FILES_RENAME] = "rename",
        [FILES_MKDIR] = "mkdir",   [FILES_RMDIR] = "rmdir",   [FILES_SYMLINK] = "symlink",
    };

    for (unsigned i = 1; i <= files->steps; i++) {
        const struct files_operation *done = &files->done[i];
        const int file = files->after[i].name[done->from];

        printf("    %u %s %s", i, names[done->action], path_of[done->from]);
        if (done->action == FILES_LINK || done->action == FILES_RENAME)
            printf(" %s", path_of[done->to]);
        if (done->action == FILES_APPEND || done->action == FILES_TRUNCATE)
            printf(" -> %u bytes", files->after[i].size[file]);
        printf("\n");
    }
}

struct files_operation files_some_operation(struct chance *chance)
{
    return (struct files_operation){
        .action = chance_below(chance, FILES_ACTIONS),
        .from = (unsigned)chance_below(chance, FILES_NAMES),
        .to = (unsigned)chance_below(chance, FILES_NAMES),
        .bytes = 1 + (uint32_t)chance_below(chance, chance_below(chance, 4) ? 3000 : 16000),
    };
}

/* ---- looking --------------------------------------------------------------------------------- */

/* What is there under the names, as far as one can see. */
struct seen {
    uint32_t type[FILES_NAMES]; /* NO_TYPE: nothing */
    uint32_t links[FILES_NAMES], size[FILES_NAMES];
    uint8_t *bytes[FILES_NAMES];
};

static const char *look(struct ext2 *fs, unsigned name, struct seen *seen)
{
    struct file_status status;
    enum error error;
    struct inode *inode = image_find(fs, path_of[name], &error);

    if (inode == NULL)
        return error == E_NOENT || error == E_NOTDIR ? NULL : "a name cannot be looked up";
    ext2_stat(fs, inode, &status);
    seen->type[name] = status.mode & S_IFMT;
    seen->links[name] = status.links;
    seen->size[name] = (uint32_t)status.size;
    long length = 0;
    if (seen->type[name] == S_IFREG && status.size <= FILES_BYTES_MAX) {
        seen->bytes[name] = malloc(FILES_BYTES_MAX);
        assert(seen->bytes[name] != NULL);
        length = image_read(fs, inode, 0, seen->bytes[name], FILES_BYTES_MAX);
    }
    ext2_put(fs, inode);
    return seen->type[name] == S_IFREG && length != (long)status.size ? "a file cannot be read"
                                                                      : NULL;
}

static bool has_types(const struct files_state *state, const struct seen *seen)
{
    for (unsigned i = 0; i < FILES_NAMES; i++) {
        const int what = state->name[i];
        const uint32_t type = what > 0                  ? S_IFREG
                              : what == FILES_DIRECTORY ? S_IFDIR
                              : what == FILES_LINKED    ? S_IFLNK
                                                        : NO_TYPE;

        if (seen->type[i] != type)
            return false;
    }
    return true;
}

/* What a file's size may be, and from where on it may have zeros instead of its bytes: what was not
 * synced, or where it was made so short since, in blocks that it had before. */
struct bounds {
    uint32_t least, most, zeros;
};

static struct bounds bounds_of(const struct files *files, const struct files_safe *safe, int file)
{
    struct bounds bounds = {UINT32_MAX, 0, 0};

    for (unsigned i = safe->step; i <= files->steps; i++) {
        const uint32_t size = files->after[i].size[file];

        bounds.least = size < bounds.least ? size : bounds.least;
        bounds.most = size > bounds.most ? size : bounds.most;
    }
    bounds.zeros = safe->kept[file] < bounds.least ? safe->kept[file] : bounds.least;
    return bounds;
}

static const char *compare_file(const struct files *files, const struct files_safe *safe, int file,
                                const struct seen *seen, unsigned name)
{
    const struct bounds bounds = bounds_of(files, safe, file);

    if (seen->size[name] < bounds.least || seen->size[name] > bounds.most)
        return "a file has a size that it never had";
    for (uint32_t i = 0; i < seen->size[name]; i++)
        if (seen->bytes[name][i] != byte_of(file, i) &&
            (i < bounds.zeros || seen->bytes[name][i] != 0))
            return "a file has contents that are not its own";
    return NULL;
}

static const char *compare(const struct files *files, const struct files_safe *safe,
                           const struct files_state *state, const struct seen *seen)
{
    for (unsigned i = 0; i < FILES_NAMES; i++) {
        uint32_t links = 0;

        if (state->name[i] <= 0)
            continue;
        for (unsigned k = 0; k < FILES_NAMES; k++)
            links += state->name[k] == state->name[i];
        if (links != seen->links[i])
            return "a file has a wrong number of names";
        const char *complaint = compare_file(files, safe, state->name[i], seen, i);
        if (complaint != NULL)
            return complaint;
    }
    return NULL;
}

/* Is this what there was after one of the operations that may have been the last? */
static const char *judge(const struct files *files, const struct files_safe *safe,
                         const struct seen *seen)
{
    const char *complaint = "the names are as they never were";

    for (unsigned i = safe->step; i <= files->steps; i++) {
        if (!has_types(&files->after[i], seen))
            continue;
        complaint = compare(files, safe, &files->after[i], seen);
        if (complaint == NULL)
            return NULL;
    }
    return complaint;
}

static uint64_t now_ns(void) { return UINT64_C(1700000000000000000); }

static void ignore(const char *text) { (void)text; }

const char *files_check(const struct files *files, struct memory_disk *disk, uint64_t sync)
{
    const struct ext2_options options = {
        .cache_bytes = CACHE_BYTES, .now_ns = now_ns, .complain = ignore};
    const char *complaint = NULL;
    struct seen seen = {0};
    struct ext2 *fs;

    if (ext2_mount(&disk->disk, &options, &fs, &complaint) != E_OK)
        return complaint != NULL ? complaint : "it cannot be mounted";
    complaint = NULL;
    for (unsigned i = 0; i < FILES_NAMES && complaint == NULL; i++)
        complaint = look(fs, i, &seen);
    if (complaint == NULL)
        complaint = judge(files, &files->safe[sync], &seen);
    for (unsigned i = 0; i < FILES_NAMES; i++)
        free(seen.bytes[i]);
    if (ext2_unmount(fs) != E_OK && complaint == NULL)
        complaint = "it cannot be unmounted";
    return complaint;
}
