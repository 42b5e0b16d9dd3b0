/* model.c - the oracle and the comparison. See model.h; the operations are in model_steps.c. */
#include "model.h"

#include <string.h>

struct model model;

vpn_t cell_vpn(size_t cell)
{
    const size_t window = cell / MODEL_SMALL;

    if (window < MODEL_WINDOWS - 1)
        return (vpn_t){model.windows[window] + cell % MODEL_SMALL};
    return (vpn_t){model.windows[MODEL_WINDOWS - 1] + cell - (MODEL_WINDOWS - 1) * MODEL_SMALL};
}

uint64_t *cell_words(struct cell *cell)
{
    static uint64_t file_words[2];

    switch (cell->kind) {
    case CELL_EXTERN:
    case CELL_SHARED:
        return model.callers_words[cell->page];
    case CELL_STORE:
        return model.store_words[cell->page];
    case CELL_FILE:
        memset(file_words, 0x11 + cell->page, sizeof file_words);
        return file_words;
    default:
        return cell->words;
    }
}

uint64_t leaf_bits(uint64_t flags)
{
    return (flags & 0xff) | PTE_V | PTE_A | (flags & PTE_W ? PTE_D : 0);
}

/* --- chance ----------------------------------------------------------------------------------- */

uint64_t some_flags(chance_t *chance)
{
    static const uint64_t good[] = {PTE_R,         PTE_X,         PTE_R | PTE_W, PTE_R | PTE_X,
                                    PTE_R | PTE_W, PTE_R | PTE_W, PTE_RWX,       PTE_R | PTE_W};

    if (chance(64) == 0)
        return chance(2048); /* perhaps reserved */
    return good[chance(8)] | (chance(4) ? PTE_U : 0) | (chance(16) ? 0 : PTE_G);
}

/* In the large window: now and then all of a larger page, or of both. */
static struct page_range some_large_range(chance_t *chance, size_t *cell)
{
    const size_t first = (MODEL_WINDOWS - 1) * MODEL_SMALL;
    size_t start = chance(MODEL_LARGE);
    uint64_t pages = 1 + chance(24);

    switch (chance(8)) {
    case 0:
        start = MODEL_BESIDE + 512 * chance(2);
        pages = 512;
        break;
    case 1:
        start = chance(MODEL_BESIDE + 1);
        pages = MODEL_LARGE - start - chance(MODEL_BESIDE + 1);
        break;
    case 2:
        start = MODEL_BESIDE + 512 * chance(3) - chance(3);
        break;
    default:
        break;
    }
    *cell = first + start;
    if (start + pages > MODEL_LARGE)
        pages = MODEL_LARGE - start;
    return (struct page_range){cell_vpn(*cell), pages};
}

/* Mostly short; at the end of the lower half, it may leave it. */
struct page_range some_range(chance_t *chance, size_t *cell)
{
    const size_t window = chance(MODEL_WINDOWS + 1), start = chance(MODEL_SMALL);
    uint64_t pages = chance(16) ? chance(12) : chance(MODEL_SMALL);

    if (window >= MODEL_WINDOWS - 1)
        return some_large_range(chance, cell);
    if (start + pages > MODEL_SMALL && (window != MODEL_WINDOWS - 2 || chance(2)))
        pages = MODEL_SMALL - start;
    *cell = window * MODEL_SMALL + start;
    return (struct page_range){cell_vpn(*cell), pages};
}

/* --- comparing -------------------------------------------------------------------------------- */

static void compare_bytes(struct cell cell, const unsigned char *page)
{
    const uint64_t *words = cell_words(&cell);

    assert_int_equal(memcmp(page, &words[0], 8), 0);
    assert_int_equal(memcmp(page + PAGE_SIZE - 8, &words[1], 8), 0);
    if (cell.kind == CELL_EXTERN || cell.kind == CELL_SHARED)
        assert_ptr_equal(page, machine_page(model.machine, ppn_add(model.callers, cell.page)));
    if (cell.kind == CELL_STORE)
        assert_ptr_equal(page, page_owner_page(&model.store, cell.page));
}

/* A page that is not there must be one that somebody finds again as it is. */
static void compare_absent(struct cell cell, const struct area *area)
{
    const struct area_owner *owner = cell.kind == CELL_FILE    ? &model.file.owner
                                     : cell.kind == CELL_STORE ? &model.store.owner
                                                               : NULL;

    assert_int_equal(area->kind, AREA_PAGED);
    assert_ptr_equal(area->owner, owner);
    if (owner)
        return;
    assert_int_equal(cell.kind, CELL_OWN);
    assert_true(cell.words[0] == 0 && cell.words[1] == 0);
}

static void compare_leaf(const struct model_space *s, struct cell cell, vpn_t vpn, pte_t leaf,
                         unsigned level)
{
    const ppn_t ppn = ppn_add(pte_ppn(leaf), vpn.v & (level_pages(level) - 1));
    const unsigned char *page = machine_page(model.machine, ppn);
    const unsigned char *seen = address_space_translate(&s->space, vpn_address(vpn), 0);
    const uint64_t hardware = leaf.v & 0xff;

    compare_bytes(cell, page);
    if (hardware != cell.flags)
        assert_int_equal(hardware, cell.flags & ~(uint64_t)(PTE_W | PTE_D));
    assert_true(!seen || seen == page);
    if (seen) {
        assert_ptr_equal(address_space_translate(&s->space, vpn_address(vpn), hardware), seen);
        if (hardware != 0xff)
            assert_null(address_space_translate(&s->space, vpn_address(vpn), 0xff));
    }
}

void compare_cell(const struct model_space *s, size_t i)
{
    const struct cell *cell = &s->cells[i];
    const vpn_t vpn = cell_vpn(i);
    const struct area *area = area_set_find(&s->space.areas, vpn);
    unsigned level;
    const pte_t leaf = leaf_behind(&s->space, vpn, &level);

    if (cell->kind == CELL_EMPTY) {
        assert_null(area);
        assert_int_equal(leaf.v, 0);
        return;
    }
    assert_non_null(area);
    assert_int_equal(area->flags & 0xff, cell->flags);
    if (leaf.v)
        compare_leaf(s, *cell, vpn, leaf, level);
    else
        compare_absent(*cell, area);
}

/* --- what a hart remembers -------------------------------------------------------------------- */

/* The tables on the way to vpn that a hart can get to, by level; and the leaf of this page. */
static pte_t walk(const struct model_space *s, vpn_t vpn, pte_t tables[TABLE_LEVELS_MAX])
{
    unsigned level = model.mode;
    pte_t entry = s->space.table.root[vpn_index(vpn, level)];

    memset(tables, 0, TABLE_LEVELS_MAX * sizeof *tables);
    while (pte_is_table(entry)) {
        const pte_t *table = machine_page(model.machine, pte_ppn(entry));
        tables[level--] = entry;
        entry = table[vpn_index(vpn, level)];
    }
    if (!pte_is_leaf(entry))
        return (pte_t){0};
    return pte_make(ppn_add(pte_ppn(entry), vpn.v & (level_pages(level) - 1)), pte_flags(entry));
}

void remember(struct model_space *s, size_t cell, chance_t *chance)
{
    struct cached *cached = &s->cache[chance(MODEL_CACHED)];

    cached->cell = cell;
    cached->leaf = walk(s, cell_vpn(cell), cached->tables);
    cached->knows_leaf = cached->knows_way = true;
    assert_true(pte_is_leaf(cached->leaf));
}

static void forget(struct address_space *space, struct page_range range, enum flush_kind kind)
{
    struct model_space *s = (struct model_space *)space;

    if (kind == FLUSH_STRONGER)
        return;
    for (struct cached *cached = s->cache; cached < s->cache + MODEL_CACHED; cached++) {
        const uint64_t vpn = cell_vpn(cached->cell).v;
        if (vpn >= range.start.v && vpn < range_end(range).v)
            cached->knows_leaf = false;
        if (kind == FLUSH_TABLES)
            cached->knows_way = false;
    }
}

void compare_cache(const struct model_space *s)
{
    for (const struct cached *cached = s->cache; cached < s->cache + MODEL_CACHED; cached++) {
        pte_t tables[TABLE_LEVELS_MAX];
        if (!cached->knows_leaf && !cached->knows_way)
            continue;
        const pte_t leaf = walk(s, cell_vpn(cached->cell), tables);
        if (cached->knows_leaf) {
            assert_int_equal(pte_ppn(leaf).v, pte_ppn(cached->leaf).v);
            assert_int_equal(cached->leaf.v & ~leaf.v & 0xff, 0);
        }
        for (unsigned level = model.mode; cached->knows_way && level > 0; level--)
            if (cached->tables[level].v)
                assert_int_equal(tables[level].v, cached->tables[level].v);
    }
}

/* --- everything ------------------------------------------------------------------------------- */

void compare_counts(void)
{
    size_t records = 0;
    int sharers = 0, files = 0, stores = 0;
    struct frame_counts counts;

    frame_counts_start(&counts, model.machine);
    frame_counts_add_pages(&counts, model.callers, MODEL_CALLERS);
    frame_counts_add_pages(&counts, model.file.first, OWNER_PAGES);
    frame_counts_add_pages(&counts, model.store.first, OWNER_PAGES);
    for (int s = 0; s < MODEL_SPACES; s++) {
        const struct area_set *set = &model.spaces[s].space.areas;
        frame_counts_add_space(&counts, &model.spaces[s].space);
        records += set->count;
        for (struct area *area = area_set_first(set); area; area = area_set_next(set, area)) {
            sharers += area->owner == &model.sharer.owner;
            files += area->owner == &model.file.owner;
            stores += area->owner == &model.store.owner;
        }
    }
    frame_counts_finish(&counts);
    assert_int_equal(records_out(), records);
    assert_int_equal(model.sharer.count, sharers);
    assert_int_equal(model.file.areas, files);
    assert_int_equal(model.store.areas, stores);
}

void model_check(void)
{
    for (int i = 0; i < MODEL_SPACES; i++) {
        const struct model_space *s = &model.spaces[i];
        uint64_t pages = 0;
        assert_sound(&s->space);
        for (size_t cell = 0; cell < MODEL_UNIVERSE; cell++) {
            compare_cell(s, cell);
            pages += s->cells[cell].kind != CELL_EMPTY;
        }
        assert_int_equal(s->space.areas.pages, pages); /* nothing outside of the universe */
        compare_cache(s);
    }
    compare_counts();
    assert_true(buddy_check(&model.machine->buddy));
}

/* --- begin and end ---------------------------------------------------------------------------- */

void space_begin(struct model_space *s)
{
    test_manager_init(&s->manager, model.machine);
    if (s == model.spaces) /* one is reached by the window, the others by p_to_v */
        test_manager_open_window(&s->manager);
    memset(s->cells, 0, sizeof s->cells);
    memset(s->cache, 0, sizeof s->cache);
    assert_int_equal(address_space_new(&s->space, &s->manager.manager, model.mode), E_OK);
    s->space.flush = forget;
    s->space.events = &model.events;
}

void model_start(struct machine *machine, enum paging_mode mode)
{
    const uint64_t half = mode_user_pages(mode);

    memset(&model, 0, sizeof model);
    model.mode = mode;
    model.machine = machine;
    model.windows[1] = level_pages(mode) - MODEL_SMALL / 2; /* a root entry ends here */
    model.windows[2] = level_pages(mode) * 7 + level_pages(1) * 3 - MODEL_SMALL / 2;
    model.windows[3] = half - MODEL_SMALL;
    model.windows[4] = level_pages(1) * 8 - MODEL_BESIDE;
    counting_owner_init(&model.sharer);
    page_owner_init(&model.file, machine, 0x11);
    page_owner_init(&model.store, machine, 0x55);
    for (int i = 0; i < OWNER_PAGES; i++)
        memset(model.store_words[i], 0x55 + i, sizeof model.store_words[i]);
    model.callers = machine_take(machine, MODEL_CALLERS);
    memset(machine_page(machine, model.callers), 0xa5, MODEL_CALLERS * PAGE_SIZE);
    memset(model.callers_words, 0xa5, sizeof model.callers_words);
    for (int s = 0; s < MODEL_SPACES; s++)
        space_begin(&model.spaces[s]);
}

void model_end(void)
{
    int64_t pages_out = 0;

    model_check();
    for (int s = 0; s < MODEL_SPACES; s++) {
        address_space_destroy(&model.spaces[s].space);
        pages_out += model.spaces[s].manager.pages_out;
    }
    assert_int_equal(pages_out, 0);
    page_owner_done(&model.file);
    page_owner_done(&model.store);
    machine_return(model.machine, model.callers, MODEL_CALLERS);
    assert_int_equal(model.machine->buddy.free_pages, model.machine->buddy.managed_pages);
    assert_int_equal(records_out(), 0);
}
