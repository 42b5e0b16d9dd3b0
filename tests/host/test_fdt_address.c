/* test_fdt_address.c - addresses through nested buses, and interrupts of several controllers, in
 * device trees made by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fdt_made.h"

/* --- Addresses -------------------------------------------------------------------------------- */

static enum error region_of(struct fdt *fdt, const char *path, struct fdt_region *region)
{
    struct fdt_node node = found(fdt, path);
    return fdt_node_region(&node, 0, region);
}

/* The root has two and two cells; /soc one and one. */
static void bus_make(void)
{
    tree_begin();
    cells_set("/", "#address-cells", CELLS(2));
    cells_set("/", "#size-cells", CELLS(2));
    node_add("/", "soc");
    cells_set("/soc", "#address-cells", CELLS(1));
    cells_set("/soc", "#size-cells", CELLS(1));
    node_add("/soc", "bridge");
    cells_set("/soc/bridge", "#address-cells", CELLS(2));
    cells_set("/soc/bridge", "#size-cells", CELLS(1));
    node_add("/soc/bridge", "device");
}

static void test_fdt_translates_through_each_bus(void **state)
{
    (void)state;
    bus_make();
    /* 0x1000 of /soc is 0x20_00001000 outside; 0x5_00000000 of the bridge is 0x1800 of /soc. */
    cells_set("/soc", "ranges", CELLS(0x80000000, 0, 0, 16, 0x1000, 0x20, 0x1000, 0x1000));
    cells_set("/soc/bridge", "ranges", CELLS(5, 0, 0x1800, 0x100));
    cells_set("/soc/bridge/device", "reg", CELLS(5, 0x10, 0xf0));
    struct fdt fdt = tree_open();
    struct fdt_region region;
    assert_int_equal(region_of(&fdt, "/soc/bridge/device", &region), E_OK);
    assert_int_equal(region.start, 0x2000001810);
    assert_int_equal(region.size, 0xf0);
    cells_set("/soc/bridge/device", "reg", CELLS(5, 0x10, 0xf1)); /* one byte past the window */
    fdt = tree_open();
    assert_int_equal(region_of(&fdt, "/soc/bridge/device", &region), E_RANGE);
    cells_set("/soc/bridge/device", "reg", CELLS(4, 0xffffffff, 1)); /* one byte before it */
    fdt = tree_open();
    assert_int_equal(region_of(&fdt, "/soc/bridge/device", &region), E_RANGE);
    assert_int_equal(region.start, 0x2000001810);
}

/* Gives /soc one window of 64-bit numbers, and says what becomes of 16 bytes at `address`. */
static enum error window_gives(size_t count, const uint32_t *window, uint32_t address)
{
    struct fdt_region region = {7, 7};
    cells_set("/soc", "#address-cells", CELLS(2));
    cells_set("/soc", "#size-cells", CELLS(2));
    cells_set("/soc", "ranges", count, window);
    cells_set("/soc/bridge", "reg", CELLS(0, address, 0, 16));
    struct fdt fdt = tree_open();
    enum error error = region_of(&fdt, "/soc/bridge", &region);
    assert_true(error == E_OK || (region.start == 7 && region.size == 7));
    return error;
}

static void test_fdt_windows_do_not_wrap(void **state)
{
    (void)state;
    bus_make();
    assert_int_equal(window_gives(CELLS(0, 0x100, 1, 0, 0, 0x100), 0x1f0), E_OK);
    assert_int_equal(window_gives(CELLS(0, 0x100, 1, 0, 0, 0x100), 0x201), E_RANGE);
    assert_int_equal(window_gives(CELLS(0, 0x100, 1, 0, 0, 0x100), 0x1000), E_RANGE);
    /* Nearly all of the addresses: those before the start are not inside. */
    assert_int_equal(window_gives(CELLS(0, 0x100, 0, 0, ~0u, ~0u), 0x10), E_RANGE);
    /* A window whose end is past the last address. */
    assert_int_equal(window_gives(CELLS(0, 0, ~0u, 0xfffff000, 0, 0x2000), 0xfe0), E_OK);
    assert_int_equal(window_gives(CELLS(0, 0, ~0u, 0xfffff000, 0, 0x2000), 0xff1), E_RANGE);
}

static void test_fdt_passes_over_windows_of_more_than_64_bits(void **state)
{
    (void)state;
    struct fdt_region region;
    bus_make();
    cells_set("/soc", "#address-cells", CELLS(3)); /* as PCI has it */
    cells_set("/soc", "ranges", CELLS(1, 0, 0, 0, 0x1000, 0x1000, 0, 0, 0, 0, 0x2000, 0x1000));
    cells_set("/soc/bridge", "reg", CELLS(0, 0, 0x10, 1));
    struct fdt fdt = tree_open();
    assert_int_equal(region_of(&fdt, "/soc/bridge", &region), E_OK);
    assert_int_equal(region.start, 0x2010);
}

static void test_fdt_does_not_reach_behind_closed_buses(void **state)
{
    (void)state;
    bus_make();
    cells_set("/soc", "ranges", 0, NULL);
    cells_set("/soc/bridge/device", "reg", CELLS(0, 0x10, 0xf0));
    struct fdt fdt = tree_open();
    struct fdt_region region;
    struct fdt_node node = found(&fdt, "/soc/bridge/device");
    assert_int_equal(fdt_node_region(&node, 0, &region), E_RANGE);
    assert_int_equal(fdt_node_reg(&node, 0, &region), E_OK);
    assert_int_equal(region.start, 0x10);
    cells_set("/soc/bridge", "ranges", 0, NULL);
    fdt = tree_open();
    assert_int_equal(region_of(&fdt, "/soc/bridge/device", &region), E_OK);
    assert_int_equal(region.start, 0x10);
}

static void test_fdt_refuses_addresses_that_cannot_be(void **state)
{
    (void)state;
    struct fdt_region region = {7, 7};
    bus_make();
    cells_set("/soc", "reg", CELLS(0xffffffff, 0xfffff000, 0, 0x1000)); /* wraps by its last byte */
    struct fdt fdt = tree_open();
    assert_refused(&fdt, region_of(&fdt, "/soc", &region), "soc");
    cells_set("/soc", "reg", CELLS(0, 1, 2));
    fdt = tree_open();
    assert_refused(&fdt, region_of(&fdt, "/soc", &region), "soc");
    cells_set("/soc", "reg", CELLS(0, 1, 0, 2));
    cells_set("/", "#address-cells", CELLS(5));
    fdt = tree_open();
    assert_refused(&fdt, region_of(&fdt, "/soc", &region), "");
    cells_set("/", "#address-cells", CELLS(0));
    cells_set("/", "#size-cells", CELLS(0));
    fdt = tree_open();
    assert_refused(&fdt, region_of(&fdt, "/soc", &region), "soc");
    cells_set("/", "#address-cells", CELLS(3)); /* 96 bits, of which the first 32 must be zero */
    cells_set("/", "#size-cells", CELLS(1));
    fdt = tree_open();
    assert_int_equal(region_of(&fdt, "/soc", &region), E_OK);
    assert_int_equal(region.start, 0x100000000);
    cells_set("/soc", "reg", CELLS(1, 1, 0, 2));
    fdt = tree_open();
    assert_int_equal(region_of(&fdt, "/soc", &region), E_RANGE);
    cells_set("/soc", "ranges", CELLS(1, 2, 3));
    cells_set("/soc/bridge", "reg", CELLS(1, 1));
    fdt = tree_open();
    assert_refused(&fdt, region_of(&fdt, "/soc/bridge", &region), "soc");
    assert_int_equal(region_of(&fdt, "/", &region), E_NOENT);
}

/* --- Interrupts ------------------------------------------------------------------------------- */

/* Two controllers with one and two cells; /soc hands its children the first. */
static void controllers_make(void)
{
    tree_begin();
    node_add("/", "one");
    cells_set("/one", "phandle", CELLS(11));
    cells_set("/one", "#interrupt-cells", CELLS(1));
    node_add("/", "two");
    cells_set("/two", "phandle", CELLS(22));
    cells_set("/two", "#interrupt-cells", CELLS(2));
    node_add("/two", "child");
    node_add("/", "soc");
    cells_set("/soc", "interrupt-parent", CELLS(11));
    node_add("/soc", "device");
}

static void assert_interrupt(struct fdt *fdt, const char *path, unsigned index,
                             struct fdt_interrupt expected)
{
    struct fdt_node node = found(fdt, path);
    struct fdt_interrupt interrupt;
    assert_int_equal(fdt_node_interrupt(&node, index, &interrupt), E_OK);
    assert_memory_equal(&interrupt, &expected, sizeof expected);
}

static void test_fdt_interrupts_find_their_controller(void **state)
{
    (void)state;
    controllers_make();
    cells_set("/soc/device", "interrupts", CELLS(5, 6));
    cells_set("/two/child", "interrupts", CELLS(7, 8));
    struct fdt fdt = tree_open();
    assert_interrupt(&fdt, "/soc/device", 0, (struct fdt_interrupt){11, 5, 0});
    assert_interrupt(&fdt, "/soc/device", 1, (struct fdt_interrupt){11, 6, 0});
    assert_interrupt(&fdt, "/two/child", 0, (struct fdt_interrupt){22, 7, 8});
    struct fdt_node node = found(&fdt, "/soc/device");
    struct fdt_interrupt interrupt;
    assert_int_equal(fdt_node_interrupt(&node, 2, &interrupt), E_NOENT);
    assert_int_equal(fdt_node_interrupt(&node, UINT32_MAX, &interrupt), E_NOENT);
    cells_set("/soc/device", "interrupt-parent", CELLS(22));
    fdt = tree_open();
    assert_interrupt(&fdt, "/soc/device", 0, (struct fdt_interrupt){22, 5, 6});
    /* The extended form goes first, and each entry has its own length. */
    cells_set("/soc/device", "interrupts-extended", CELLS(22, 1, 2, 11, 3, 22, 4, 5));
    fdt = tree_open();
    assert_interrupt(&fdt, "/soc/device", 0, (struct fdt_interrupt){22, 1, 2});
    assert_interrupt(&fdt, "/soc/device", 1, (struct fdt_interrupt){11, 3, 0});
    assert_interrupt(&fdt, "/soc/device", 2, (struct fdt_interrupt){22, 4, 5});
    node = found(&fdt, "/soc/device");
    assert_int_equal(fdt_node_interrupt(&node, 3, &interrupt), E_NOENT);
}

static void interrupts_refused(const char *complaint)
{
    struct fdt fdt = tree_open();
    struct fdt_node node = found(&fdt, "/soc/device");
    struct fdt_interrupt interrupt;
    assert_int_equal(fdt_node_interrupt(&node, 1, &interrupt), E_INVAL);
    assert_non_null(strstr(fdt.complaint, complaint));
}

static void test_fdt_refuses_interrupts_that_cannot_be(void **state)
{
    (void)state;
    controllers_make();
    cells_set("/soc/device", "interrupts-extended", CELLS(11, 1, 33, 1));
    interrupts_refused("unknown controller");
    cells_set("/soc/device", "interrupts-extended", CELLS(11, 1, 22, 1));
    interrupts_refused("inside an entry");
    text_set("/soc/device", "interrupts-extended", TEXT("\0\0\0\13\0\0\0\1\0"));
    interrupts_refused("inside an entry");
    assert_int_equal(fdt_delprop(made, place("/soc/device"), "interrupts-extended"), 0);
    text_set("/soc/device", "interrupts", TEXT("\0\0\0\1"));
    interrupts_refused("does not fit");
    cells_set("/one", "#interrupt-cells", CELLS(0));
    interrupts_refused("without usable cells");
    cells_set("/one", "#interrupt-cells", CELLS(FDT_CELLS_MAX + 1));
    interrupts_refused("without usable cells");
    cells_set("/soc", "interrupt-parent", CELLS(0));
    interrupts_refused("unknown controller");
    assert_int_equal(fdt_delprop(made, place("/soc"), "interrupt-parent"), 0);
    interrupts_refused("without a controller");
}

static void test_fdt_phandles_of_nobody_are_not_found(void **state)
{
    (void)state;
    controllers_make();
    cells_set("/one", "phandle", CELLS(0));
    cells_set("/two", "phandle", CELLS(UINT32_MAX));
    struct fdt fdt = tree_open();
    struct fdt_node node;
    assert_int_equal(fdt_node_by_phandle(&fdt, 0, &node), E_NOENT);
    assert_int_equal(fdt_node_by_phandle(&fdt, UINT32_MAX, &node), E_NOENT);
    assert_int_equal(fdt_node_by_phandle(&fdt, 11, &node), E_NOENT);
}

static void test_fdt_plic_contexts_are_pairs(void **state)
{
    (void)state;
    uint32_t context = 7;
    controllers_make();
    cells_set("/one", "interrupts-extended", CELLS(5, 11, 5, 9, 6, UINT32_MAX, 6, 9));
    struct fdt fdt = tree_open();
    struct fdt_node plic = found(&fdt, "/one"), other = found(&fdt, "/two");
    assert_int_equal(fdt_plic_context(&plic, 6, 9, &context), E_OK);
    assert_int_equal(context, 3);
    assert_int_equal(fdt_plic_context(&plic, 6, 11, &context), E_NOENT);
    assert_int_equal(fdt_plic_context(&other, 6, 9, &context), E_NOENT);
    cells_set("/one", "interrupts-extended", CELLS(5, 11, 5));
    fdt = tree_open();
    plic = found(&fdt, "/one");
    assert_refused(&fdt, fdt_plic_context(&plic, 5, 11, &context), "one");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fdt_translates_through_each_bus),
        cmocka_unit_test(test_fdt_windows_do_not_wrap),
        cmocka_unit_test(test_fdt_passes_over_windows_of_more_than_64_bits),
        cmocka_unit_test(test_fdt_does_not_reach_behind_closed_buses),
        cmocka_unit_test(test_fdt_refuses_addresses_that_cannot_be),
        cmocka_unit_test(test_fdt_interrupts_find_their_controller),
        cmocka_unit_test(test_fdt_refuses_interrupts_that_cannot_be),
        cmocka_unit_test(test_fdt_phandles_of_nobody_are_not_found),
        cmocka_unit_test(test_fdt_plic_contexts_are_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
