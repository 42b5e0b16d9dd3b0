/* model_steps.c - the operations of the model: what they should answer, and what the oracle makes
 * of them. See model.h. */
#include "model.h"

#include <string.h>

enum {
    DATA_PAGES = 16, /* that an eager area is filled with */
    LOOKED_AT = 12,  /* cells of a range, after an operation */
};

/* An operation with its arguments, so that it can be tried again. */
struct trial {
    struct model_space *s, *src;
    struct page_range range;
    size_t cell; /* of the range's first page */
    uint64_t flags;
    uint64_t page; /* the caller's or the owner's */
    const unsigned char *data;
    size_t length, offset;
    struct pager pager;
    enum clone_policy policy;
    enum error (*run)(const struct trial *trial);
    bool maps;
    bool keeps_balance; /* when it fails */
    bool falls_back;    /* it has another way if an allocation fails */
    bool may_run_out;   /* it looks for so many pages in a row that there may be none */
    chance_t *chance;
};

/* --- what the oracle expects ------------------------------------------------------------------ */

static bool range_is_good(struct page_range range)
{
    return range.pages > 0 && range_end(range).v <= mode_user_pages(model.mode);
}

static bool flags_are_good(uint64_t flags)
{
    const bool reserved = (flags & PTE_W) && !(flags & PTE_R);

    return flags < 256 && (flags & PTE_RWX) && !reserved;
}

static size_t cells_in_use(const struct trial *t)
{
    size_t used = 0;

    for (uint64_t i = 0; i < t->range.pages; i++)
        used += t->s->cells[t->cell + i].kind != CELL_EMPTY;
    return used;
}

static enum error expect_map(const struct trial *t)
{
    if (!range_is_good(t->range) || !flags_are_good(t->flags))
        return E_INVAL;
    return cells_in_use(t) ? E_EXIST : E_OK;
}

static enum error expect_protect(const struct trial *t)
{
    if (!range_is_good(t->range) || !flags_are_good(t->flags))
        return E_INVAL;
    return cells_in_use(t) < t->range.pages ? E_NOENT : E_OK;
}

static enum error expect_clone(const struct trial *t)
{
    for (size_t i = 0; i < MODEL_UNIVERSE; i++)
        if (t->src->cells[i].kind && t->s->cells[i].kind)
            return E_EXIST;
    return E_OK;
}

static enum error expect_fault(const struct cell *cell, uint64_t access)
{
    const bool owners = cell->kind == CELL_FILE || cell->kind == CELL_STORE;

    if (cell->kind == CELL_EMPTY || (cell->flags & access) != access)
        return E_FAULT;
    return owners && cell->page >= OWNER_PAGES ? E_RANGE : E_OK;
}

/* --- trying ----------------------------------------------------------------------------------- */

static void look(const struct trial *t)
{
    struct model_space *other = &model.spaces[model.looks % MODEL_SPACES];
    uint64_t pages = t->range.pages < LOOKED_AT ? t->range.pages : LOOKED_AT;

    for (uint64_t i = 0; i < pages && t->cell + i < MODEL_UNIVERSE; i++)
        compare_cell(t->s, t->cell + i);
    for (int i = 0; i < 4; i++) { /* everywhere, in time */
        const size_t cell = model.looks++ * 101 % MODEL_UNIVERSE;
        compare_cell(other, cell);
        compare_cell(t->s, cell);
        compare_cell(t->src, cell);
    }
    compare_cache(t->s);
    compare_cache(t->src);
}

/* Is there a table that may be shared? Whoever maps something may have to copy it first, and does
 * not take that back. */
static bool shares_tables(const pte_t *entry, size_t count, unsigned level)
{
    for (size_t i = 0; i < count; i++) {
        if (pte_is_shared_table(entry[i]))
            return true;
        if (level > 1 && pte_is_table(entry[i]) &&
            shares_tables(machine_page(model.machine, pte_ppn(entry[i])), TABLE_ENTRIES, level - 1))
            return true;
    }
    return false;
}

/* Lets the n-th allocation of the operation fail (0: none). True: it was done all the same. */
static bool try_with_failure(const struct trial *t, unsigned n, enum error expected)
{
    const uint64_t free_pages = model.machine->buddy.free_pages;
    const size_t records = records_out();

    fail_allocation(n);
    const enum error error = t->run(t);
    const bool injected = allocation_has_failed();
    fail_allocation(0);
    model.injected += injected;
    if (!injected || error == E_OK) {
        assert_true(!injected || t->falls_back);
        if (!t->may_run_out || error != E_NOMEM)
            assert_int_equal(error, expected);
        model.outcomes[error]++;
        return true;
    }
    assert_true(error == E_NOMEM || error == expected); /* it may be refused later anyway */
    if (t->keeps_balance)
        assert_int_equal(model.machine->buddy.free_pages, free_pages);
    if (t->maps)
        assert_int_equal(records_out(), records);
    look(t);
    return false;
}

/* Lets each allocation of the operation fail in turn (of many, some), then the operation through.
 * True: it has been done. */
static bool run(const struct trial *t, enum error expected)
{
    enum { EACH = 8 };
    const uint64_t before = model.outcomes[E_OK];

    /* What falls back is done then: not always with the first one. */
    for (unsigned n = t->falls_back ? t->chance(4) : 1; !try_with_failure(t, n, expected);)
        n += n < EACH ? 1 : 1 + t->chance(4 * n);
    return model.outcomes[E_OK] > before;
}

static enum error run_map(const struct trial *t)
{
    return address_space_map(&t->s->space, t->range, t->data, t->length, t->offset, t->flags);
}
static enum error run_extern(const struct trial *t)
{
    return address_space_map_extern(&t->s->space, t->range, ppn_add(model.callers, t->page),
                                    t->flags);
}
static enum error run_shared(const struct trial *t)
{
    return address_space_map_shared(&t->s->space, t->range, ppn_add(model.callers, t->page),
                                    t->flags, &model.sharer.owner);
}
static enum error run_paged(const struct trial *t)
{
    return address_space_map_paged(&t->s->space, t->range, t->flags, &t->pager);
}
static enum error run_unmap(const struct trial *t)
{
    return address_space_unmap(&t->s->space, t->range);
}
static enum error run_protect(const struct trial *t)
{
    return address_space_protect(&t->s->space, t->range, t->flags);
}
static enum error run_fault(const struct trial *t)
{
    return address_space_fault(&t->s->space, vpn_address(t->range.start), t->flags);
}
static enum error run_clone(const struct trial *t)
{
    return address_space_clone_self(&t->src->space, &t->s->space, t->policy);
}

/* --- mapping ---------------------------------------------------------------------------------- */

static void record(const struct trial *t, enum cell_kind kind)
{
    for (uint64_t i = 0; i < t->range.pages; i++)
        t->s->cells[t->cell + i] =
            (struct cell){.kind = kind, .flags = leaf_bits(t->flags), .page = t->page + i};
}

/* The word at `position` of an area made from the trial's data. */
static uint64_t word_of(const struct trial *t, size_t position)
{
    unsigned char bytes[8];
    uint64_t word;

    for (size_t i = 0; i < 8; i++) {
        const size_t at = position + i;
        const bool inside = at >= t->offset && at < t->offset + t->length;
        bytes[i] = inside ? t->data[at - t->offset] : 0;
    }
    memcpy(&word, bytes, 8);
    return word;
}

static void do_map(struct trial *t)
{
    static unsigned char data[DATA_PAGES * PAGE_SIZE];
    const size_t size = t->range.pages << PAGE_BITS;
    const bool too_long = t->chance(64) == 0;
    enum error expected = expect_map(t);

    t->offset = t->chance(3) ? 0 : t->chance(size + 1);
    t->length = t->chance(3) ? size - t->offset : t->chance(size - t->offset + 1);
    if (t->length > sizeof data)
        t->length = sizeof data;
    if (too_long) {
        t->length = size - t->offset + 1;
        expected = E_INVAL;
    }
    for (int i = 0; i < 4; i++)
        data[t->chance(sizeof data)] = t->chance(256);
    t->data = data;
    t->run = run_map;
    t->may_run_out = t->range.pages > DATA_PAGES;
    if (!run(t, expected))
        return;
    record(t, CELL_OWN);
    for (uint64_t i = 0; i < t->range.pages; i++) {
        t->s->cells[t->cell + i].words[0] = word_of(t, i * PAGE_SIZE);
        t->s->cells[t->cell + i].words[1] = word_of(t, (i + 1) * PAGE_SIZE - 8);
    }
}

static void do_map_callers(struct trial *t, enum cell_kind kind)
{
    if (t->range.pages > MODEL_CALLERS)
        return;
    t->page = t->chance(MODEL_CALLERS - t->range.pages + 1);
    t->run = kind == CELL_EXTERN ? run_extern : run_shared;
    if (run(t, expect_map(t)))
        record(t, kind);
}

static void do_map_paged(struct trial *t)
{
    static const enum cell_kind kinds[] = {CELL_OWN, CELL_OWN, CELL_FILE, CELL_STORE};
    const enum cell_kind kind = kinds[t->chance(4)];
    enum error expected = expect_map(t);

    t->run = run_paged;
    if (kind == CELL_OWN) {
        t->pager.large = t->chance(4);
        t->pager.shared = t->chance(32) == 0; /* zeroes are nobody's to share */
        if (t->pager.shared)
            expected = E_INVAL;
    } else {
        t->page = t->chance(OWNER_PAGES); /* so the last ones may lie behind what the owner has */
        t->pager.owner = kind == CELL_FILE ? &model.file.owner : &model.store.owner;
        t->pager.offset = t->page;
        t->pager.shared = kind == CELL_STORE;
    }
    if (run(t, expected))
        record(t, kind);
}

static void unmap(struct trial *t)
{
    t->run = run_unmap;
    if (run(t, range_is_good(t->range) ? E_OK : E_INVAL))
        memset(&t->s->cells[t->cell], 0, t->range.pages * sizeof(struct cell));
}

static void do_protect(struct trial *t)
{
    t->run = run_protect;
    if (run(t, expect_protect(t)))
        for (uint64_t i = 0; i < t->range.pages; i++)
            t->s->cells[t->cell + i].flags = leaf_bits(t->flags);
}

/* --- access ----------------------------------------------------------------------------------- */

/* The owner is busy: the fault says so, or never asked. */
static void do_fault_at_busy_owner(struct trial *t, struct page_owner *owner, enum error expected)
{
    owner->refuse = E_AGAIN;
    const enum error error = run_fault(t);
    assert_int_equal(error, owner->refuse ? expected : E_AGAIN);
    owner->refuse = E_OK;
}

static void do_access(struct trial *t, uint64_t access)
{
    /* Rather something than nothing. */
    for (int i = 0; i < 12 && t->s->cells[t->cell].kind == CELL_EMPTY; i++)
        t->range = some_range(t->chance, &t->cell);
    struct cell *cell = &t->s->cells[t->cell];
    const enum error expected = expect_fault(cell, access);

    t->range.pages = 1;
    t->flags = access;
    t->run = run_fault;
    t->falls_back = true;
    if (t->chance(16) == 0)
        do_fault_at_busy_owner(t, cell->kind == CELL_FILE ? &model.file : &model.store, expected);
    if (!run(t, expected))
        return;
    unsigned char *page =
        address_space_translate(&t->s->space, vpn_address(t->range.start), access);
    assert_non_null(page);
    if (access & PTE_W) {
        const uint64_t word = t->chance(UINT64_MAX);
        const size_t end = t->chance(2);
        uint64_t words[2];
        memcpy(words, cell_words(cell), sizeof words);
        if (cell->kind == CELL_FILE)
            cell->kind = CELL_OWN;
        words[end] = word;
        memcpy(cell_words(cell), words, sizeof words);
        memcpy(page + end * (PAGE_SIZE - 8), &word, 8);
        if (cell->kind == CELL_STORE)
            assert_true(model.store.told[cell->page]);
    }
    remember(t->s, t->cell, t->chance);
}

static void do_read(struct trial *t)
{
    do_access(t, (t->chance(4) ? PTE_R : PTE_X) | (t->chance(2) ? PTE_U : 0));
}

/* Mostly a page; at times, those behind it in turn, for which pages are brought in advance. */
static void do_write(struct trial *t)
{
    const uint64_t behind = t->chance(12) ? 0 : t->chance(24);

    do_access(t, t->chance(2) ? PTE_W : PTE_R | PTE_W | PTE_U);
    for (uint64_t i = 0; i < behind && t->cell + 1 < MODEL_UNIVERSE; i++) {
        t->range = (struct page_range){cell_vpn(++t->cell), 1};
        do_access(t, PTE_W);
    }
}

/* --- whole spaces ----------------------------------------------------------------------------- */

static void do_destroy(struct trial *t)
{
    struct model_space *s = t->s;

    if (t->chance(2))
        while (!address_space_dismantle(&s->space, 1 + t->chance(400)))
            if (t->chance(4) == 0)
                compare_counts();
    address_space_destroy(&s->space);
    fail_allocation(1);
    assert_int_equal(address_space_new(&s->space, &s->manager.manager, model.mode), E_NOMEM);
    fail_allocation(0);
    const int64_t pages_out = s->manager.pages_out; /* what it gave back of others', or they its */
    space_begin(s);
    s->manager.pages_out += pages_out;
}

/* Each window of the universe is emptied in one of the two. */
static void make_room(struct trial *t)
{
    for (size_t window = 0; window < MODEL_WINDOWS; window++) {
        struct model_space *s = t->chance(2) ? t->s : t->src;
        const size_t pages = window == MODEL_WINDOWS - 1 ? MODEL_LARGE : MODEL_SMALL;
        const struct page_range range = {{model.windows[window]}, pages};
        assert_int_equal(address_space_unmap(&s->space, range), E_OK);
        memset(&s->cells[window * MODEL_SMALL], 0, pages * sizeof(struct cell));
    }
}

static void do_clone(struct trial *t)
{
    const uint64_t room = t->chance(4);

    if (t->s != t->src && room < 2)
        do_destroy(t);
    else if (t->s != t->src && room == 2)
        make_room(t);
    t->policy = t->chance(3);
    t->run = run_clone;
    t->may_run_out = true;
    if (!run(t, expect_clone(t)))
        return;
    for (size_t i = 0; i < MODEL_UNIVERSE; i++) {
        struct cell *from = &t->src->cells[i], *to = &t->s->cells[i];
        if (from->kind == CELL_EMPTY)
            continue;
        *to = *from;
        if (from->kind == CELL_EXTERN) {
            to->kind = CELL_OWN;
            memcpy(to->words, cell_words(from), sizeof to->words);
        }
    }
}

/* --- a step ----------------------------------------------------------------------------------- */

static void do_map_something(struct trial *t)
{
    if (t->range.pages >= 512 && t->chance(2)) /* or there would hardly ever be room */
        unmap(t);
    t->maps = true;
    t->keeps_balance = !shares_tables(t->s->space.table.root, TABLE_ENTRIES / 2, model.mode);
    switch (t->chance(8)) {
    case 0:
    case 1:
        do_map(t);
        break;
    case 2:
        do_map_callers(t, CELL_EXTERN);
        break;
    case 3:
        do_map_callers(t, CELL_SHARED);
        break;
    default:
        do_map_paged(t);
        break;
    }
}

void model_step(chance_t *chance)
{
    struct trial t = {.s = &model.spaces[chance(MODEL_SPACES)],
                      .src = &model.spaces[chance(MODEL_SPACES)],
                      .chance = chance};
    const uint64_t which = chance(1000);

    t.range = some_range(chance, &t.cell);
    t.flags = some_flags(chance);
    if (which < 240)
        do_map_something(&t);
    else if (which < 330)
        unmap(&t);
    else if (which < 430)
        do_protect(&t);
    else if (which < 600)
        do_read(&t);
    else if (which < 965)
        do_write(&t);
    else if (which < 995)
        do_clone(&t);
    else
        do_destroy(&t);
    look(&t);
}
