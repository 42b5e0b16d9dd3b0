/* managers.c - see managers.h. Also supplies the library's hooks: records from malloc, and a panic
 * that a test can expect. */
#include "managers.h"

#include <stdlib.h>
#include <string.h>

#include "vm/vm_hooks.h"

/* --- failures and hooks ----------------------------------------------------------------------- */

static unsigned countdown; /* 0: no failure is due */
static bool failed;
static size_t records;

void fail_allocation(unsigned n)
{
    countdown = n;
    failed = false;
}

bool allocation_has_failed(void) { return failed; }

bool allocation_must_fail(void)
{
    if (countdown == 0 || --countdown > 0)
        return false;
    failed = true;
    return true;
}

struct area *vm_area_allocate(void)
{
    struct area *area;

    if (allocation_must_fail())
        return NULL;
    area = malloc(sizeof *area);
    assert_non_null(area);
    memset(area, 0xa5, sizeof *area);
    records++;
    return area;
}

void vm_area_free(struct area *area)
{
    assert_true(records > 0);
    records--;
    free(area);
}

size_t records_out(void) { return records; }

void vm_panic(const char *file, int line, const char *condition)
{
    mock_assert(0, condition, file, line);
    abort();
}

/* --- machine ---------------------------------------------------------------------------------- */

void machine_init(struct machine *machine, uint64_t pages)
{
    const ppn_t first = {MACHINE_FIRST_PAGE};

    machine->ram = aligned_alloc(PAGE_SIZE, pages * PAGE_SIZE);
    machine->frames = calloc(pages, sizeof *machine->frames);
    assert_non_null(machine->ram);
    assert_non_null(machine->frames);
    memset(machine->ram, 0xa5, pages * PAGE_SIZE);
    buddy_init(&machine->buddy, first, pages, machine->frames);
    assert_int_equal(buddy_add(&machine->buddy, first, pages), E_OK);
    machine->window = (struct direct_map_window){
        .offset = (uintptr_t)machine->ram - ppn_address(first).v,
        .first = first,
        .pages = pages,
        .frames = machine->frames,
        .source = buddy_source(&machine->buddy),
    };
    fail_allocation(0);
    assert_int_equal(records, 0);
}

void machine_discard(struct machine *machine)
{
    free(machine->frames);
    free(machine->ram);
}

void machine_done(struct machine *machine)
{
    assert_true(buddy_check(&machine->buddy));
    assert_int_equal(machine->buddy.free_pages, machine->buddy.managed_pages);
    assert_int_equal(records, 0);
    machine_discard(machine);
}

ppn_t machine_take(struct machine *machine, uint64_t pages)
{
    ppn_t first;

    assert_int_equal(buddy_allocate(&machine->buddy, pages, &first), E_OK);
    return first;
}

void machine_return(struct machine *machine, ppn_t first, uint64_t pages)
{
    assert_int_equal(buddy_free(&machine->buddy, first, pages), E_OK);
}

void *machine_page(const struct machine *machine, ppn_t ppn)
{
    return machine->ram + (ppn.v - MACHINE_FIRST_PAGE) * PAGE_SIZE;
}

/* --- manager ---------------------------------------------------------------------------------- */

static struct test_manager *test_of(struct page_manager *manager)
{
    return (struct test_manager *)manager;
}

static struct page_manager *inner_of(struct page_manager *manager)
{
    return &test_of(manager)->inner.manager;
}

static enum error new_root(struct page_manager *manager)
{
    const enum error error = allocation_must_fail()
                                 ? E_NOMEM
                                 : inner_of(manager)->operations->new_root(inner_of(manager));

    test_of(manager)->pages_out += error == E_OK;
    return error;
}

static void drop_root(struct page_manager *manager)
{
    inner_of(manager)->operations->drop_root(inner_of(manager));
    test_of(manager)->pages_out--;
}

static pte_t *root_ptr(struct page_manager *manager)
{
    pte_t *root = inner_of(manager)->operations->root_ptr(inner_of(manager));

    if (test_of(manager)->root_is_lost)
        return NULL;
    return test_of(manager)->root_is_unaligned ? root + 1 : root;
}

static ppn_t root_ppn(struct page_manager *manager)
{
    const ppn_t ppn = inner_of(manager)->operations->root_ppn(inner_of(manager));

    return ppn_add(ppn, test_of(manager)->root_number_is_wrong);
}

static void *p_to_v(struct page_manager *manager, ppn_t ppn)
{
    test_of(manager)->p_to_v_calls++;
    return inner_of(manager)->operations->p_to_v(inner_of(manager), ppn);
}

static ppn_t v_to_p(struct page_manager *manager, const void *page)
{
    const ppn_t ppn = inner_of(manager)->operations->v_to_p(inner_of(manager), page);
    const bool wrong = test_of(manager)->numbers_are_wrong && page != test_of(manager)->inner.root;

    return ppn_add(ppn, wrong);
}

/* What both ways to allocate have in common, around the inner one's. */
static void *allocate_by(struct page_manager *manager, size_t wanted, uint64_t *flags,
                         void *(*by)(struct page_manager *manager, size_t pages, uint64_t *flags))
{
    const size_t shift = test_of(manager)->aligns_badly && wanted > 1;
    struct page_manager *inner = inner_of(manager);
    char *run = allocation_must_fail() ? NULL : by(inner, wanted + shift, flags);

    if (!run)
        return NULL;
    test_of(manager)->pages_out += wanted;
    if (shift)
        inner->operations->deallocate(inner,
                                      pte_make(inner->operations->v_to_p(inner, run), *flags), 1);
    return run + shift * PAGE_SIZE;
}

static void *allocate(struct page_manager *manager, size_t pages, uint64_t *flags)
{
    return allocate_by(manager, pages, flags, inner_of(manager)->operations->allocate);
}

static void *allocate_zeroed(struct page_manager *manager, size_t pages, uint64_t *flags)
{
    return allocate_by(manager, pages, flags, inner_of(manager)->operations->allocate_zeroed);
}

static size_t deallocate(struct page_manager *manager, pte_t pte, size_t pages)
{
    size_t freed;

    if (test_of(manager)->owns_nothing)
        return 0;
    assert_true(pte.v & PTE_OWNED); /* the library offers nothing that is not the manager's */
    freed = inner_of(manager)->operations->deallocate(inner_of(manager), pte, pages);
    test_of(manager)->pages_out -= freed;
    return freed;
}

static bool check_owned(struct page_manager *manager, pte_t pte)
{
    return !test_of(manager)->owns_nothing &&
           inner_of(manager)->operations->check_owned(inner_of(manager), pte);
}

static void retain(struct page_manager *manager, pte_t pte, size_t pages)
{
    assert_true(pte.v & PTE_OWNED);
    inner_of(manager)->operations->retain(inner_of(manager), pte, pages);
}

static bool is_shared(struct page_manager *manager, pte_t pte)
{
    assert_true(pte.v & PTE_OWNED);
    return inner_of(manager)->operations->is_shared(inner_of(manager), pte);
}

static bool release(struct page_manager *manager, pte_t pte)
{
    assert_true(pte.v & PTE_OWNED);
    return inner_of(manager)->operations->release(inner_of(manager), pte);
}

void test_manager_init(struct test_manager *manager, const struct machine *machine)
{
    static const struct page_manager_operations operations = {
        .new_root = new_root,
        .drop_root = drop_root,
        .root_ptr = root_ptr,
        .root_ppn = root_ppn,
        .p_to_v = p_to_v,
        .v_to_p = v_to_p,
        .allocate = allocate,
        .allocate_zeroed = allocate_zeroed,
        .deallocate = deallocate,
        .retain = retain,
        .is_shared = is_shared,
        .release = release,
        .check_owned = check_owned,
    };

    *manager = (struct test_manager){.manager = {.operations = &operations}};
    direct_map_init(&manager->inner, &machine->window);
}

void test_manager_open_window(struct test_manager *manager)
{
    manager->manager.window = manager->inner.manager.window;
}

/* --- fixture ---------------------------------------------------------------------------------- */

void fixture_init(struct fixture *fixture, enum paging_mode mode, uint64_t pages)
{
    machine_init(&fixture->machine, pages);
    test_manager_init(&fixture->manager, &fixture->machine);
    assert_int_equal(address_space_new(&fixture->space, &fixture->manager.manager, mode), E_OK);
}

void fixture_done(struct fixture *fixture)
{
    assert_sound(&fixture->space);
    address_space_destroy(&fixture->space);
    machine_done(&fixture->machine);
}

/* --- a bare table ----------------------------------------------------------------------------- */

void bare_init(struct bare *bare, enum paging_mode mode)
{
    machine_init(&bare->machine, 2048);
    test_manager_init(&bare->manager, &bare->machine);
    assert_int_equal(bare->manager.manager.operations->new_root(&bare->manager.manager), E_OK);
    bare->table = page_table_of(&bare->manager.manager, mode);
}

void bare_done(struct bare *bare)
{
    bare->manager.manager.operations->drop_root(&bare->manager.manager);
    assert_int_equal(bare->manager.pages_out, 0);
    machine_done(&bare->machine);
}

void bare_map(struct bare *bare, uint64_t start, uint64_t pages, uint64_t ppn, unsigned level)
{
    assert_int_equal(page_table_map(&bare->table, range_of(start, pages), (ppn_t){ppn},
                                    PTE_V | PTE_R | PTE_W, level),
                     E_OK);
}

pte_t bare_entry(const struct bare *bare, uint64_t vpn)
{
    unsigned level;

    return *page_table_find(&bare->table, (vpn_t){vpn}, &level);
}

/* --- what is in a space ----------------------------------------------------------------------- */

/* FNV-1a, a word at a time. */
static uint64_t mix(uint64_t hash, uint64_t word) { return (hash ^ word) * 0x100000001b3; }

static uint64_t mix_page(uint64_t hash, const uint64_t *words)
{
    if (words)
        for (size_t i = 0; i < PAGE_SIZE / sizeof *words; i++)
            hash = mix(hash, words[i]);
    return hash;
}

static uint64_t mix_area(uint64_t hash, const struct address_space *space, const struct area *area)
{
    hash = mix(hash, area->range.start.v);
    hash = mix(hash, area->range.pages);
    hash = mix(hash, area->first.v);
    hash = mix(hash, area->flags);
    hash = mix(hash, area->kind);
    hash = mix(hash, (uintptr_t)area->owner);
    for (uint64_t i = 0; i < area->range.pages; i++)
        hash = mix_page(
            hash, address_space_translate(space, vpn_address(vpn_add(area->range.start, i)), 0));
    return hash;
}

struct snapshot snapshot_take(const struct address_space *space, const struct machine *machine)
{
    static struct text text;
    uint64_t hash = 0xcbf29ce484222325;

    assert_sound(space);
    text_init(&text);
    address_space_print(space, &text.sink); /* tables and leaves */
    for (size_t i = 0; i < text.length; i++)
        hash = mix(hash, text.bytes[i]);
    for (struct area *area = area_set_first(&space->areas); area;
         area = area_set_next(&space->areas, area))
        hash = mix_area(hash, space, area);
    return (struct snapshot){hash, machine->buddy.free_pages, records};
}

void assert_sound(const struct address_space *space)
{
    const char *complaint;

    if (!address_space_check(space, &complaint))
        fail_msg("the checker says: %s", complaint);
    assert_null(complaint);
}

static void text_write(struct text_sink *sink, const char *bytes, size_t length)
{
    struct text *text = (struct text *)sink;

    assert_true(text->length + length < sizeof text->bytes);
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void text_init(struct text *text)
{
    text->sink.write = text_write;
    text->length = 0;
    text->bytes[0] = '\0';
}

static void owner_retain(struct area_owner *owner) { ((struct counting_owner *)owner)->count++; }

static void owner_release(struct area_owner *owner)
{
    assert_true(((struct counting_owner *)owner)->count > 0);
    ((struct counting_owner *)owner)->count--;
}

void counting_owner_init(struct counting_owner *owner)
{
    *owner = (struct counting_owner){{.retain = owner_retain, .release = owner_release}, 0};
}
