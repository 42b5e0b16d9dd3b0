/* mount.c - mounts and unmounts: the order in which the parts come up, and go.
 *
 * While a file system with a journal is mounted for writing, its superblock says so (RECOVER), and
 * one without is not VALID: both are written past the journal, before anything else and after all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block_map.h"
#include "group.h"
#include "orphan.h"
#include "super.h"

enum {
    CACHE_BYTES_MIN = 512 * 1024,
    STORE_SHARE = 4,    /* of the cache, one part in so many is for metadata */
    INODE_BYTES = 1024, /* of the cache for each inode that nobody holds */
    INODES_MIN = 64,
    INODES_MAX = 16384,
    JOURNAL_RUNS_MAX = 256,
};

/* For complaints about what never became a file system: they stay valid. */
static char last_complaint[sizeof((struct ext2 *)NULL)->complaint];

static void lock(void *context) { fs_lock_take(&((struct ext2 *)context)->lock); }

static void unlock(void *context) { fs_lock_release(&((struct ext2 *)context)->lock); }

static void wait(void *context) { fs_lock_wait(&((struct ext2 *)context)->lock); }

static void wake(void *context) { fs_lock_wake(&((struct ext2 *)context)->lock); }

/* Contents that cannot be written are their files' loss, told at fsync, and no reason to give up
 * the names. */
static enum error write_data(void *context)
{
    pages_write_ordered(context);
    return E_OK;
}

static enum error read_super(struct ext2 *fs)
{
    void *memory = fs->disk->allocate(fs->disk, BLOCK_SIZE_MAX);
    enum error error;

    if (memory == NULL)
        return E_NOMEM;
    if (fs->disk->size < SUPER_OFFSET + sizeof *fs->super) {
        snprintf(fs->complaint, sizeof fs->complaint, "too small for a file system");
        error = E_INVAL;
    } else {
        error = fs->disk->read(fs->disk, SUPER_OFFSET, sizeof *fs->super, memory);
    }
    if (error == E_OK)
        memcpy(fs->super, memory, sizeof *fs->super);
    fs->disk->free(fs->disk, memory, BLOCK_SIZE_MAX);
    return error;
}

static enum error make_table(struct ext2 *fs)
{
    size_t unused = fs->options.cache_bytes / INODE_BYTES;

    fs->inodes_unused_max = unused < INODES_MIN   ? INODES_MIN
                            : unused > INODES_MAX ? INODES_MAX
                                                  : (uint32_t)unused;
    for (fs->inode_buckets = 1; fs->inode_buckets < fs->inodes_unused_max;)
        fs->inode_buckets *= 2;
    fs->inodes = calloc(fs->inode_buckets, sizeof *fs->inodes);
    return fs->inodes != NULL ? E_OK : E_NOMEM;
}

static void destroy(struct ext2 *fs)
{
    if (fs->inodes != NULL && fs->pages != NULL)
        inode_forget_all(fs);
    pages_destroy(fs);
    if (fs->store != NULL) {
        groups_unload(fs);
        if (fs->super_buffer != NULL)
            buffer_put(fs->store, fs->super_buffer);
        else
            free(fs->super);
        store_destroy(fs->store);
    } else {
        free(fs->super);
    }
    free(fs->journal);
    free(fs->inodes);
    free(fs);
}

/* ---- the journal ------------------------------------------------------------------------- */

static enum error home_of(void *context, uint32_t index, uint64_t *block)
{
    struct ext2 *fs = context;

    for (uint32_t i = 0; i < fs->journal_runs; i++) {
        if (index < fs->journal[i].count) {
            *block = fs->journal[i].block + index;
            return E_OK;
        }
        index -= fs->journal[i].count;
    }
    return E_RANGE;
}

static enum error add_journal_block(struct ext2 *fs, uint32_t block)
{
    struct journal_run *last = fs->journal_runs > 0 ? &fs->journal[fs->journal_runs - 1] : NULL;

    if (block == 0)
        return E_INVAL;
    if (last != NULL && last->block + last->count == block) {
        last->count++;
        return E_OK;
    }
    if (fs->journal_runs == JOURNAL_RUNS_MAX)
        return E_INVAL;
    fs->journal[fs->journal_runs++] = (struct journal_run){block, 1};
    return E_OK;
}

/* Where the journal is, which no file may name from then on. */
static enum error find_journal(struct ext2 *fs, struct inode *inode, uint32_t *count)
{
    enum error error = E_OK;
    struct journal_run *runs = calloc(JOURNAL_RUNS_MAX, sizeof *runs);

    if (runs == NULL)
        return E_NOMEM;
    *count = (uint32_t)(inode->size >> fs->block_shift);
    if (!inode_is(inode, S_IFREG) || *count > fs->block_count) {
        free(runs);
        return E_INVAL;
    }
    fs->journal = runs;
    for (uint32_t i = 0; i < *count && error == E_OK; i++) {
        uint32_t block, known = fs->journal_runs;

        fs->journal_runs = 0; /* its own blocks are not yet the journal's */
        error = block_map_find(fs, inode, i, &block);
        fs->journal_runs = known;
        if (error == E_OK)
            error = add_journal_block(fs, block);
    }
    return error;
}

static enum error open_journal(struct ext2 *fs, bool *replayed)
{
    struct inode *inode;
    uint32_t count;
    const char *complaint = NULL;
    enum error error = inode_get(fs, fs->super->s_journal_inum, &inode);

    if (error == E_OK) {
        error = find_journal(fs, inode, &count);
        inode_release(fs, inode);
        inode_forget_all(fs);
        fs->inodes_unused = 0;
        if (error == E_INVAL)
            (void)fs_damage(fs, "the journal is no file of sensible blocks");
    }
    groups_unload(fs);
    if (error != E_OK)
        return error;
    struct store_place place = {fs, home_of, count};
    error = store_open_journal(fs->store, &place, replayed, &complaint);
    if (error == E_ROFS)
        complaint = "the journal has to be replayed, and the disk is read-only";
    if (error != E_OK && complaint != NULL)
        snprintf(fs->complaint, sizeof fs->complaint, "%s", complaint);
    return error;
}

/* ---- mount ------------------------------------------------------------------------------- */

/* From now on fs->super is the buffer of the block that it is in. */
static enum error hold_super(struct ext2 *fs)
{
    enum error error = buffer_get(fs->store, SUPER_OFFSET / fs->block_size, &fs->super_buffer);

    if (error != E_OK)
        return error;
    free(fs->super);
    fs->super = (void *)((char *)fs->super_buffer->data + SUPER_OFFSET % fs->block_size);
    return E_OK;
}

static enum error load_journal(struct ext2 *fs)
{
    bool replayed = false, read_only = false;

    if (!fs->has_journal || (fs->read_only && !(fs->super->s_feature_incompat & INCOMPAT_RECOVER)))
        return E_OK;
    enum error error = groups_load(fs);
    if (error == E_OK)
        error = open_journal(fs, &replayed);
    if (error != E_OK || !replayed)
        return error;
    error = read_super(fs);
    return error == E_OK ? super_check(fs, &read_only) : error;
}

static enum error load(struct ext2 *fs, bool *told)
{
    bool read_only = fs->options.read_only || fs->disk->read_only;
    size_t bytes = fs->options.cache_bytes;
    enum error error = read_super(fs);

    if (error == E_OK)
        error = super_check(fs, told);
    if (error != E_OK)
        return error;
    fs->read_only = read_only || *told;
    if (bytes < CACHE_BYTES_MIN)
        bytes = CACHE_BYTES_MIN;
    error = make_table(fs);
    if (error == E_OK)
        error = store_create(fs->disk, fs->block_size, bytes / STORE_SHARE, &fs->owner, &fs->store);
    if (error == E_OK)
        error = pages_create(fs, bytes - bytes / STORE_SHARE);
    if (error == E_OK)
        error = load_journal(fs);
    if (error == E_OK)
        error = hold_super(fs);
    if (error == E_OK)
        error = groups_load(fs);
    return error;
}

enum error fs_mark_used(struct ext2 *fs)
{
    if (fs->has_journal)
        fs->super->s_feature_incompat |= INCOMPAT_RECOVER;
    else
        fs->super->s_state &= (uint16_t)~STATE_VALID;
    enum error error = super_write(fs);
    if (error == E_OK)
        fs->resting = false;
    return error;
}

static enum error begin_writing(struct ext2 *fs)
{
    fs->was_valid = fs->super->s_state & STATE_VALID;
    fs->super->s_mnt_count++;
    if (fs->options.now_ns != NULL)
        fs->super->s_mtime = (uint32_t)(fs->options.now_ns() / 1000000000);
    return fs_mark_used(fs);
}

static enum error start(struct ext2 *fs)
{
    struct inode *root;
    enum error error = inode_get(fs, ROOT_INODE, &root);

    if (error != E_OK)
        return error;
    bool usable = inode_is(root, S_IFDIR) && root->links > 0;
    inode_release(fs, root);
    if (!usable)
        return fs_damage(fs, "the root is no directory");
    if (fs->read_only)
        return E_OK;
    error = begin_writing(fs);
    return error == E_OK ? orphans_finish(fs) : error;
}

static struct ext2 *create(struct disk *disk, const struct ext2_options *options)
{
    struct ext2 *fs = calloc(1, sizeof *fs);

    if (fs == NULL)
        return NULL;
    fs->super = calloc(1, sizeof *fs->super);
    if (fs->super == NULL) {
        free(fs);
        return NULL;
    }
    fs->disk = disk;
    fs->options = *options;
    fs->owner = (struct store_owner){fs, lock, unlock, wait, wake, write_data};
    fs->hash_seed = 0x811c9dc5u ^ (options->now_ns != NULL ? (uint32_t)options->now_ns() : 0);
    fs->next_generation = fs->hash_seed;
    fs->index_bytes_max = options->cache_bytes / 4;
    TAILQ_INIT(&fs->unused);
    TAILQ_INIT(&fs->dirty);
    TAILQ_INIT(&fs->orphans);
    return fs;
}

enum error ext2_mount(struct disk *disk, const struct ext2_options *options, struct ext2 **result,
                      const char **complaint)
{
    struct ext2 *fs = create(disk, options);
    bool told = false; /* that it is read-only */

    *complaint = NULL;
    if (fs == NULL)
        return E_NOMEM;
    fs_lock_take(&fs->lock);
    enum error error = load(fs, &told);
    if (error == E_OK)
        error = start(fs);
    fs_lock_release(&fs->lock);
    if (fs->complaint[0] != '\0') {
        memcpy(last_complaint, fs->complaint, sizeof last_complaint);
        *complaint = last_complaint;
    }
    if (error != E_OK)
        destroy(fs);
    else
        *result = fs;
    return error;
}

/* ---- unmount ----------------------------------------------------------------------------- */

static enum error mark_unused(struct ext2 *fs)
{
    if (fs->has_journal)
        fs->super->s_feature_incompat &= ~(uint32_t)INCOMPAT_RECOVER;
    else if (fs->was_valid)
        fs->super->s_state |= STATE_VALID;
    if (fs->damaged)
        fs->super->s_state |= STATE_ERROR;
    if (fs->options.now_ns != NULL)
        fs->super->s_wtime = (uint32_t)(fs->options.now_ns() / 1000000000);
    return super_write(fs);
}

/* Nobody may begin an operation between the last commit and the mark. */
enum error ext2_rest(struct ext2 *fs)
{
    enum error error = ext2_sync(fs), end = E_OK;

    if (fs->read_only)
        return error;
    fs_lock_take(&fs->lock);
    fs_claim(fs);
    if (!fs->resting) {
        end = fs->has_journal ? store_settle(fs->store) : fs_commit(fs);
        if (end == E_OK)
            end = mark_unused(fs);
        fs->resting = end == E_OK;
    }
    fs_unclaim(fs);
    fs_lock_release(&fs->lock);
    return error != E_OK ? error : end;
}

static enum error end_writing(struct ext2 *fs)
{
    enum error error = fs->has_journal ? store_close_journal(fs->store) : E_OK;

    return error == E_OK ? mark_unused(fs) : error;
}

enum error ext2_unmount(struct ext2 *fs)
{
    enum error error = ext2_sync(fs), end = E_OK;

    fs_lock_take(&fs->lock);
    if (!fs->read_only)
        end = end_writing(fs);
    fs_lock_release(&fs->lock);
    destroy(fs);
    return error != E_OK ? error : end;
}
