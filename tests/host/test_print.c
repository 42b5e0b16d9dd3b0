/* test_print.c - the printer, to the letter, and flags as text. */
#include "managers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct text text;

static const char *printed(const struct fixture *f)
{
    text_init(&text);
    address_space_print(&f->space, &text.sink);
    return text.bytes;
}

/* Physical page number of the table below the root that leads to vpn at `level`. */
static uint64_t table_page(const struct fixture *f, uint64_t vpn, unsigned level)
{
    struct page_manager *manager = f->space.table.manager;
    pte_t entry = f->manager.inner.root[vpn_index((vpn_t){vpn}, f->space.table.mode)];

    for (unsigned at = f->space.table.mode - 1; at > level; at--) {
        const pte_t *table = manager->operations->p_to_v(manager, pte_ppn(entry));
        entry = table[vpn_index((vpn_t){vpn}, at)];
    }
    return pte_ppn(entry).v;
}

static void extern_good(struct fixture *f, uint64_t start, uint64_t pages, uint64_t page,
                        const char *flags)
{
    assert_int_equal(
        address_space_map_extern(&f->space, range_of(start, pages), (ppn_t){page}, vm_flags(flags)),
        E_OK);
}

static void test_print_of_an_empty_space_is_its_root(void **state)
{
    char expected[64];
    struct fixture f;

    (void)state;
    FOR_EACH_MODE(mode)
    {
        fixture_init(&f, mode, 64);
        snprintf(expected, sizeof expected, "root: 0x%" PRIx64 "\n",
                 address_space_root_ppn(&f.space).v);
        assert_string_equal(printed(&f), expected);
        fixture_done(&f);
    }
}

static void test_print_shows_the_tree_with_one_line_a_mapping(void **state)
{
    char expected[1024];
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, 64);
    extern_good(&f, 0x10, 3, 0x80005, "U_XR_");     /* one mapping */
    extern_good(&f, 0x13, 1, 0x80008, "UWR");       /* neighbours, other flags */
    extern_good(&f, 0x14, 1, 0x80020, "UWR");       /* neighbours, other page */
    extern_good(&f, 0x20, 1, 0x80021, "R");         /* a gap before it */
    extern_good(&f, 0x3ff, 2, 0x80030, "GWR");      /* across two tables */
    extern_good(&f, 0x3ffffff, 1, 0x80031, "UWXR"); /* the last page of the half */
    snprintf(expected, sizeof expected,
             "root: 0x%" PRIx64 "\n"
             "  0x0..0x40000000 -> 0x%" PRIx64 " _______V\n"
             "    0x0..0x200000 -> 0x%" PRIx64 " _______V\n"
             "      0x10000..0x13000 -> 0x80005 _A_UX_RV\n"
             "      0x13000..0x14000 -> 0x80008 DA_U_WRV\n"
             "      0x14000..0x15000 -> 0x80020 DA_U_WRV\n"
             "      0x20000..0x21000 -> 0x80021 _A____RV\n"
             "    0x200000..0x400000 -> 0x%" PRIx64 " _______V\n"
             "      0x3ff000..0x400000 -> 0x80030 DAG__WRV\n"
             "    0x400000..0x600000 -> 0x%" PRIx64 " _______V\n"
             "      0x400000..0x401000 -> 0x80031 DAG__WRV\n"
             "  0x3fc0000000..0x4000000000 -> 0x%" PRIx64 " _______V\n"
             "    0x3fffe00000..0x4000000000 -> 0x%" PRIx64 " _______V\n"
             "      0x3ffffff000..0x4000000000 -> 0x80031 DA_UXWRV\n",
             address_space_root_ppn(&f.space).v, table_page(&f, 0, 1), table_page(&f, 0, 0),
             table_page(&f, 0x3ff, 0), table_page(&f, 0x400, 0), table_page(&f, 0x3ffffff, 1),
             table_page(&f, 0x3ffffff, 0));
    assert_string_equal(printed(&f), expected);
    fixture_done(&f);
}

static void test_print_indents_by_the_depth_of_the_mode(void **state)
{
    (void)state;
    FOR_EACH_MODE(mode)
    {
        char expected[128];
        struct fixture f;
        fixture_init(&f, mode, 64);
        extern_good(&f, mode_user_pages(mode) - 1, 1, 0x80000, "UXWR");
        snprintf(expected, sizeof expected, "%*s0x%" PRIx64 "..0x%" PRIx64 " -> 0x80000 DA_UXWRV\n",
                 2 * (mode + 1), "", (mode_user_pages(mode) - 1) << PAGE_BITS,
                 mode_user_pages(mode) << PAGE_BITS);
        const char *last = strstr(printed(&f), expected);
        assert_non_null(last);
        assert_string_equal(last, expected); /* nothing behind it */
        unsigned lines = 0;
        for (const char *c = text.bytes; *c; c++)
            lines += *c == '\n';
        assert_int_equal(lines, 1 + mode + 1);
        fixture_done(&f);
    }
}

static void test_print_shows_larger_pages_but_not_the_upper_half(void **state)
{
    const struct page_range larger = range_of(0x40000, 0x40000);
    const struct page_range kernel = range_of((1ull << 52) - 0x40000, 0x40000);
    const uint64_t flags = PTE_V | PTE_R;
    char expected[128];
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, 64);
    assert_int_equal(page_table_map(&f.space.table, larger, (ppn_t){0x40000}, flags, 2), E_OK);
    assert_int_equal(page_table_map(&f.space.table, kernel, (ppn_t){0x80000}, flags, 2), E_OK);
    snprintf(expected, sizeof expected,
             "root: 0x%" PRIx64 "\n  0x40000000..0x80000000 -> 0x40000 ______RV\n",
             address_space_root_ppn(&f.space).v);
    assert_string_equal(printed(&f), expected);
    page_table_unmap(&f.space.table, larger, 2);
    page_table_unmap(&f.space.table, kernel, 2);
    fixture_done(&f);
}

/* What is in a table that was shared is shown; the line of the table lacks the V. */
static void test_print_looks_into_shared_tables(void **state)
{
    struct test_manager manager;
    struct address_space child;
    char expected[512];
    struct fixture f;

    (void)state;
    fixture_init(&f, PAGING_SV39, 64);
    assert_int_equal(address_space_map(&f.space, range_of(3, 1), NULL, 0, 0, vm_flags("URW")),
                     E_OK);
    const uint64_t page = area_set_first(&f.space.areas)->first.v;
    const uint64_t middle = table_page(&f, 3, 1), last = table_page(&f, 3, 0);
    test_manager_init(&manager, &f.machine);
    assert_int_equal(address_space_new(&child, &manager.manager, PAGING_SV39), E_OK);
    assert_int_equal(address_space_clone_self(&f.space, &child, CLONE_SHARE), E_OK);
    snprintf(expected, sizeof expected,
             "root: 0x%" PRIx64 "\n"
             "  0x0..0x40000000 -> 0x%" PRIx64 " ________\n"
             "    0x0..0x200000 -> 0x%" PRIx64 " _______V\n"
             "      0x3000..0x4000 -> 0x%" PRIx64 " DA_U_WRV\n",
             address_space_root_ppn(&f.space).v, middle, last, page);
    assert_string_equal(printed(&f), expected);
    address_space_destroy(&child);
    fixture_done(&f);
}

static void test_vm_flags_reads_letters_and_ignores_the_rest(void **state)
{
    (void)state;
    assert_int_equal(vm_flags("U_WRV"), PTE_U | PTE_W | PTE_R | PTE_V);
    assert_int_equal(vm_flags("DAGUXWRV"), 0xff);
    assert_int_equal(vm_flags("VRWXUGAD"), 0xff); /* in any order */
    assert_int_equal(vm_flags("RR"), PTE_R);
    assert_int_equal(vm_flags(""), 0);
    assert_int_equal(vm_flags("________"), 0);
    assert_int_equal(vm_flags("r w?\n\xff"), 0);
    assert_int_equal(vm_flags("xXy"), PTE_X);
}

static void test_vm_flags_text_and_back_is_the_same(void **state)
{
    char letters[VM_FLAGS_TEXT_SIZE];

    (void)state;
    for (uint64_t flags = 0; flags < 256; flags++) {
        vm_flags_text(flags, letters);
        assert_int_equal(strlen(letters), 8);
        assert_int_equal(vm_flags(letters), flags);
    }
    vm_flags_text(PTE_OWNED | PTE_D | PTE_V, letters); /* software bits have no letter */
    assert_string_equal(letters, "D______V");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print_of_an_empty_space_is_its_root),
        cmocka_unit_test(test_print_shows_the_tree_with_one_line_a_mapping),
        cmocka_unit_test(test_print_indents_by_the_depth_of_the_mode),
        cmocka_unit_test(test_print_shows_larger_pages_but_not_the_upper_half),
        cmocka_unit_test(test_print_looks_into_shared_tables),
        cmocka_unit_test(test_vm_flags_reads_letters_and_ignores_the_rest),
        cmocka_unit_test(test_vm_flags_text_and_back_is_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
