/* pages.c - pages: where they come from, which file they belong to, and when they go.
 *
 * The least recently used page that nobody needs gives its memory to the next. At most half of all
 * may be dirty, so that there is always one.
 */
#include "pages.h"

#include <stdlib.h>

#include "page_cache.h"

enum { PAGES_MIN = 2 * CHUNK_PAGES, CHAIN_PAGES = 2 };

static void init_chunk(struct page_cache *cache, struct page_chunk *chunk)
{
    for (uint32_t i = 0; i < CHUNK_PAGES; i++) {
        chunk->page[i].memory = chunk->memory + (size_t)i * PAGE_BYTES;
        TAILQ_INSERT_TAIL(&cache->free, &chunk->page[i], in_use);
    }
    cache->count += CHUNK_PAGES;
}

static enum error grow(struct ext2 *fs)
{
    struct page_cache *cache = fs->pages;
    struct page_chunk *chunk;

    if (cache->count + CHUNK_PAGES > cache->count_max)
        return E_NOMEM;
    chunk = calloc(1, sizeof *chunk);
    if (chunk == NULL)
        return E_NOMEM;
    chunk->memory = fs->disk->allocate(fs->disk, (size_t)CHUNK_PAGES * PAGE_BYTES);
    if (chunk->memory == NULL) {
        free(chunk);
        return E_NOMEM;
    }
    chunk->next = cache->chunks;
    cache->chunks = chunk;
    init_chunk(cache, chunk);
    return E_OK;
}

enum error pages_create(struct ext2 *fs, size_t bytes)
{
    struct page_cache *cache = calloc(1, sizeof *cache);

    if (cache == NULL)
        return E_NOMEM;
    fs->pages = cache;
    TAILQ_INIT(&cache->in_use);
    TAILQ_INIT(&cache->free);
    cache->count_max = bytes / PAGE_BYTES > PAGES_MIN ? (uint32_t)(bytes / PAGE_BYTES) : PAGES_MIN;
    cache->dirty_max = cache->count_max / 2;
    for (cache->chains = 1; cache->chains < cache->count_max / CHAIN_PAGES;)
        cache->chains *= 2;
    cache->chain = calloc(cache->chains, sizeof *cache->chain);
    if (cache->chain == NULL)
        return E_NOMEM;
    for (unsigned i = 0; i < STAGING_BUFFERS; i++) {
        void *memory = fs->disk->allocate(fs->disk, (size_t)PAGE_RUN * PAGE_BYTES);

        if (memory == NULL)
            return E_NOMEM;
        cache->staging[cache->staging_free++] = memory;
    }
    return grow(fs);
}

void pages_destroy(struct ext2 *fs)
{
    struct page_cache *cache = fs->pages;

    if (cache == NULL)
        return;
    while (cache->staging_free > 0)
        fs->disk->free(fs->disk, cache->staging[--cache->staging_free],
                       (size_t)PAGE_RUN * PAGE_BYTES);
    while (cache->chunks != NULL) {
        struct page_chunk *chunk = cache->chunks;

        cache->chunks = chunk->next;
        fs->disk->free(fs->disk, chunk->memory, (size_t)CHUNK_PAGES * PAGE_BYTES);
        free(chunk);
    }
    free(cache->chain);
    free(cache);
    fs->pages = NULL;
}

void *staging_take(struct ext2 *fs)
{
    while (fs->pages->staging_free == 0)
        fs_lock_wait(&fs->lock);
    return fs->pages->staging[--fs->pages->staging_free];
}

void staging_put(struct ext2 *fs, void *memory)
{
    fs->pages->staging[fs->pages->staging_free++] = memory;
    fs_lock_wake(&fs->lock);
}

/* ---- by place ---------------------------------------------------------------------------- */

static struct page_chain *chain_of(struct page_cache *cache, const struct inode *inode,
                                   uint32_t index)
{
    enum { SPREAD = 0x9e3779b1 };

    return &cache->chain[(inode->number * (uint32_t)SPREAD + index) & (cache->chains - 1)];
}

struct page *page_find(struct ext2 *fs, const struct inode *inode, uint32_t index)
{
    struct page *page;

    LIST_FOREACH(page, chain_of(fs->pages, inode, index), by_place)
        if (page->inode == inode && page->index == index)
            return page;
    return NULL;
}

void page_attach(struct ext2 *fs, struct page *page, struct inode *inode, uint32_t index)
{
    page->inode = inode;
    page->index = index;
    LIST_INSERT_HEAD(chain_of(fs->pages, inode, index), page, by_place);
    TAILQ_INSERT_TAIL(&fs->pages->in_use, page, in_use);
    TAILQ_INSERT_TAIL(&inode->pages, page, in_inode);
}

void page_touch(struct ext2 *fs, struct page *page)
{
    if (TAILQ_NEXT(page, in_use) == NULL)
        return;
    TAILQ_REMOVE(&fs->pages->in_use, page, in_use);
    TAILQ_INSERT_TAIL(&fs->pages->in_use, page, in_use);
}

/* ---- dirty ------------------------------------------------------------------------------- */

void page_dirty(struct ext2 *fs, struct page *page, uint32_t block, bool ordered)
{
    struct inode *inode = page->inode;

    if (page->dirty == 0) {
        if (TAILQ_EMPTY(&inode->dirty))
            TAILQ_INSERT_TAIL(&fs->dirty, inode, in_dirty);
        TAILQ_INSERT_TAIL(&inode->dirty, page, in_dirty);
        fs->pages->dirty += !page->writing;
    }
    page->dirty |= (uint8_t)(1u << block);
    if (ordered && !page->ordered) {
        page->ordered = true;
        inode->ordered_pages++;
        fs->pages->ordered++;
    }
}

static void leave_dirty(struct ext2 *fs, struct page *page)
{
    struct inode *inode = page->inode;

    page->dirty = 0;
    TAILQ_REMOVE(&inode->dirty, page, in_dirty);
    if (TAILQ_EMPTY(&inode->dirty))
        TAILQ_REMOVE(&fs->dirty, inode, in_dirty);
}

static void leave_ordered(struct ext2 *fs, struct page *page)
{
    if (!page->ordered)
        return;
    page->ordered = false;
    page->inode->ordered_pages--;
    fs->pages->ordered--;
}

void page_write_begin(struct ext2 *fs, struct page *page)
{
    page->writing = true;
    page->inode->pages_writing++;
    leave_dirty(fs, page);
}

void page_write_end(struct ext2 *fs, struct page *page)
{
    page->writing = false;
    page->inode->pages_writing--;
    if (page->dirty == 0) {
        leave_ordered(fs, page);
        fs->pages->dirty--;
    }
}

bool pages_are_too_dirty(const struct ext2 *fs) { return fs->pages->dirty > fs->pages->dirty_max; }

/* ---- leaving ----------------------------------------------------------------------------- */

/* Nobody has it pinned, and it has left its file. */
static void release(struct ext2 *fs, struct page *page)
{
    TAILQ_INSERT_HEAD(&fs->pages->free, page, in_use);
}

void page_leave(struct ext2 *fs, struct page *page)
{
    if (page->dirty != 0) {
        leave_dirty(fs, page);
        fs->pages->dirty--;
    }
    leave_ordered(fs, page);
    LIST_REMOVE(page, by_place);
    TAILQ_REMOVE(&fs->pages->in_use, page, in_use);
    TAILQ_REMOVE(&page->inode->pages, page, in_inode);
    page->inode = NULL;
    if (page->pins == 0)
        release(fs, page);
}

void page_put(struct ext2 *fs, struct page *page)
{
    if (--page->pins == 0 && page->inode == NULL)
        release(fs, page);
}

static bool is_busy(const struct page *page) { return page->filling || page->writing; }

bool pages_are_busy(const struct inode *inode)
{
    struct page *page;

    TAILQ_FOREACH(page, &inode->pages, in_inode)
        if (is_busy(page) || page->pins > 0)
            return true;
    return false;
}

void page_forget_blocks(struct ext2 *fs, struct page *page, uint32_t from)
{
    while (page->writing)
        fs_lock_wait(&fs->lock);
    uint8_t kept = (uint8_t)((1u << from) - 1);
    for (uint32_t i = from; i < PAGE_BLOCKS; i++)
        page->block[i] = 0;
    if (page->dirty == 0 || (page->dirty & kept) != 0) {
        page->dirty &= kept;
        return;
    }
    leave_dirty(fs, page);
    leave_ordered(fs, page);
    fs->pages->dirty--;
}

void pages_drop(struct ext2 *fs, struct inode *inode, uint32_t from)
{
    struct page *page, *next;

    for (page = TAILQ_FIRST(&inode->pages); page != NULL; page = next) {
        next = TAILQ_NEXT(page, in_inode);
        if (page->index < from)
            continue;
        if (is_busy(page)) {
            fs_lock_wait(&fs->lock);
            next = TAILQ_FIRST(&inode->pages);
            continue;
        }
        page_leave(fs, page);
    }
}

void pages_forget(struct ext2 *fs, struct inode *inode)
{
    while (!TAILQ_EMPTY(&inode->pages))
        page_leave(fs, TAILQ_FIRST(&inode->pages));
}

/* The first of the oldest pages that can be given up. Those that cannot count as used now. */
static struct page *find_victim(struct page_cache *cache)
{
    for (uint32_t i = 0; i < cache->count; i++) {
        struct page *page = TAILQ_FIRST(&cache->in_use);

        if (page == NULL)
            return NULL;
        if (page->pins == 0 && !is_busy(page) && page->dirty == 0)
            return page;
        TAILQ_REMOVE(&cache->in_use, page, in_use);
        TAILQ_INSERT_TAIL(&cache->in_use, page, in_use);
    }
    return NULL;
}

enum error page_new(struct ext2 *fs, bool may_wait, struct page **result)
{
    struct page_cache *cache = fs->pages;

    for (;;) {
        struct page *page = TAILQ_FIRST(&cache->free);

        if (page == NULL && grow(fs) == E_OK)
            page = TAILQ_FIRST(&cache->free);
        if (page == NULL && (page = find_victim(cache)) != NULL)
            page_leave(fs, page);
        if (page != NULL) {
            uint8_t *memory = page->memory;

            TAILQ_REMOVE(&cache->free, page, in_use);
            *page = (struct page){.memory = memory, .pins = 1};
            *result = page;
            return E_OK;
        }
        if (!may_wait || cache->dirty == 0)
            return E_NOMEM;
        pages_write_some(fs);
    }
}
