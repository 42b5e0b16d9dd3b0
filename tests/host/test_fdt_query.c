/* test_fdt_query.c - what the boot asks of a device tree, for answers that QEMU's trees do not
 * have: memory, reservations, choices of firmware, harts, devices.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fdt_made.h"

static void memory_add(const char *name)
{
    char path[32];
    node_add("/", name);
    snprintf(path, sizeof path, "/%s", name);
    text_set(path, "device_type", TEXT("memory"));
    cells_set(path, "reg", CELLS(0x1000, 0x1000));
}

static void memory_make(void)
{
    tree_begin();
    cells_set("/", "#address-cells", CELLS(1));
    cells_set("/", "#size-cells", CELLS(1));
    memory_add("memory@1000");
}

static void test_fdt_memory_takes_what_is_usable(void **state)
{
    (void)state;
    struct fdt_regions regions;
    memory_make();
    cells_set("/memory@1000", "reg", CELLS(0x1000, 0x1000, 0x5000, 0, 0x80000000, 0x80000000));
    memory_add("memory@2");
    text_set("/memory@2", "status", TEXT("disabled"));
    node_add("/", "memory-controller");
    cells_set("/memory-controller", "reg", CELLS(0x2000, 0x1000));
    struct fdt fdt = tree_open();
    assert_int_equal(fdt_memory(&fdt, &regions), E_OK);
    assert_int_equal(regions.count, 2);
    assert_int_equal(regions.entry[1].start + regions.entry[1].size, 0x100000000);
    text_set("/memory@1000", "status", TEXT("disabled"));
    fdt = tree_open();
    assert_refused(&fdt, fdt_memory(&fdt, &regions), NULL);
    assert_non_null(strstr(fdt.complaint, "no memory"));
}

static void test_fdt_memory_is_bounded(void **state)
{
    (void)state;
    uint32_t reg[2 * FDT_REGIONS_MAX + 2];
    struct fdt_regions regions;
    for (unsigned i = 0; i < sizeof reg / sizeof *reg; i++)
        reg[i] = 0x1000 + i;
    memory_make();
    cells_set("/memory@1000", "reg", 2 * FDT_REGIONS_MAX, reg);
    struct fdt fdt = tree_open();
    assert_int_equal(fdt_memory(&fdt, &regions), E_OK);
    assert_int_equal(regions.count, FDT_REGIONS_MAX);
    cells_set("/memory@1000", "reg", 2 * FDT_REGIONS_MAX + 2, reg);
    fdt = tree_open();
    assert_refused(&fdt, fdt_memory(&fdt, &regions), NULL);
    assert_non_null(strstr(fdt.complaint, "too many"));
}

static void test_fdt_reserved_joins_both_lists(void **state)
{
    (void)state;
    struct fdt_regions regions;
    memory_make();
    assert_int_equal(fdt_add_mem_rsv(made, 0x100000000, 0x3000), 0);
    assert_int_equal(fdt_add_mem_rsv(made, 0x5000, 0x1000), 0);
    node_add("/", "reserved-memory");
    cells_set("/reserved-memory", "#address-cells", CELLS(2));
    cells_set("/reserved-memory", "#size-cells", CELLS(1));
    cells_set("/reserved-memory", "ranges", 0, NULL);
    node_add("/reserved-memory", "anywhere");
    cells_set("/reserved-memory/anywhere", "size", CELLS(0x1000));
    node_add("/reserved-memory", "off@1");
    cells_set("/reserved-memory/off@1", "reg", CELLS(0, 1, 1));
    text_set("/reserved-memory/off@1", "status", TEXT("disabled"));
    node_add("/reserved-memory", "fixed@2");
    cells_set("/reserved-memory/fixed@2", "reg", CELLS(2, 0, 4, 3, 0, 5));
    struct fdt fdt = tree_open();
    assert_int_equal(fdt_reserved(&fdt, &regions), E_OK);
    static const struct fdt_region expected[] = {
        {0x100000000, 0x3000}, {0x5000, 0x1000}, {0x200000000, 4}, {0x300000000, 5}};
    assert_int_equal(regions.count, 4);
    assert_memory_equal(regions.entry, expected, sizeof expected);
    cells_set("/reserved-memory/fixed@2", "reg", CELLS(2)); /* unreadable: it must not be lost */
    fdt = tree_open();
    assert_refused(&fdt, fdt_reserved(&fdt, &regions), "fixed@2");
    cells_set("/reserved-memory/fixed@2", "reg", CELLS(2, 0, 4));
    assert_int_equal(fdt_add_mem_rsv(made, UINT64_MAX, 1), 0);
    fdt = tree_open();
    assert_refused(&fdt, fdt_reserved(&fdt, &regions), NULL);
}

static void test_fdt_chosen_reads_both_widths(void **state)
{
    (void)state;
    struct fdt_chosen chosen;
    tree_begin();
    struct fdt fdt = tree_open();
    assert_int_equal(fdt_chosen(&fdt, &chosen), E_OK);
    assert_string_equal(chosen.bootargs, "");
    assert_int_equal(chosen.initrd.size, 0);
    node_add("/", "chosen");
    cells_set("/chosen", "linux,initrd-start", CELLS(0x84000000));
    cells_set("/chosen", "linux,initrd-end", CELLS(1, 0));
    fdt = tree_open();
    assert_int_equal(fdt_chosen(&fdt, &chosen), E_OK);
    assert_int_equal(chosen.initrd.start, 0x84000000);
    assert_int_equal(chosen.initrd.size, 0x7c000000);
}

static void test_fdt_chosen_refuses_what_cannot_be(void **state)
{
    (void)state;
    struct fdt_chosen chosen;
    tree_begin();
    node_add("/", "chosen");
    cells_set("/chosen", "linux,initrd-start", CELLS(2));
    struct fdt fdt = tree_open();
    assert_refused(&fdt, fdt_chosen(&fdt, &chosen), "chosen");
    cells_set("/chosen", "linux,initrd-end", CELLS(1));
    fdt = tree_open();
    assert_refused(&fdt, fdt_chosen(&fdt, &chosen), "chosen");
    cells_set("/chosen", "linux,initrd-end", CELLS(1, 2, 3));
    fdt = tree_open();
    assert_refused(&fdt, fdt_chosen(&fdt, &chosen), "chosen");
    cells_set("/chosen", "linux,initrd-end", CELLS(2));
    fdt = tree_open();
    assert_int_equal(fdt_chosen(&fdt, &chosen), E_OK);
    text_set("/chosen", "bootargs", "x", 1);
    fdt = tree_open();
    assert_refused(&fdt, fdt_chosen(&fdt, &chosen), "chosen");
}

static void cpu_add(const char *name, uint32_t hart, const char *isa)
{
    char path[32];
    node_add("/cpus", name);
    snprintf(path, sizeof path, "/cpus/%s", name);
    text_set(path, "device_type", TEXT("cpu"));
    cells_set(path, "reg", CELLS(hart));
    text_set(path, "riscv,isa", isa, strlen(isa) + 1);
}

static void cpus_make(void)
{
    tree_begin();
    node_add("/", "cpus");
    cells_set("/cpus", "#address-cells", CELLS(1));
    cells_set("/cpus", "#size-cells", CELLS(0));
}

static void test_fdt_cpus_go_on_behind_a_bad_one(void **state)
{
    (void)state;
    struct fdt_cpu cpu = {0};
    uint64_t hertz;
    cpus_make();
    cpu_add("cpu@7", 7, "rv64i");
    text_set("/cpus/cpu@7", "status", TEXT("disabled"));
    cpu_add("cpu@bad", 1, "rv64i");
    assert_int_equal(fdt_delprop(made, place("/cpus/cpu@bad"), "reg"), 0);
    node_add("/cpus", "cpu-map");
    cpu_add("cpu@9", 9, "rv64i");
    struct fdt fdt = tree_open();
    assert_int_equal(fdt_cpu_next(&fdt, &cpu), E_OK);
    assert_true(cpu.hart == 9 && cpu.available && cpu.interrupt_controller == 0);
    assert_refused(&fdt, fdt_cpu_next(&fdt, &cpu), "cpu@bad");
    assert_int_equal(fdt_cpu_next(&fdt, &cpu), E_OK);
    assert_true(cpu.hart == 7 && !cpu.available);
    assert_int_equal(fdt_cpu_next(&fdt, &cpu), E_NOENT);
    assert_int_equal(fdt_timebase(&fdt, &hertz), E_NOENT);
    cells_set("/cpus", "timebase-frequency", CELLS(0));
    fdt = tree_open();
    assert_refused(&fdt, fdt_timebase(&fdt, &hertz), "cpus");
    tree_begin();
    fdt = tree_open();
    cpu = (struct fdt_cpu){0};
    assert_int_equal(fdt_cpu_next(&fdt, &cpu), E_NOENT);
    assert_int_equal(fdt_timebase(&fdt, &hertz), E_NOENT);
}

/* Whether the first hart has exactly the extensions in `present`, of those asked for. */
static void extensions_are(const char *present)
{
    static const char *const asked[] = {"i", "m", "a",    "f",   "d",     "c",      "h",
                                        "v", "g", "sstc", "zbb", "zicsr", "zicbom", "svadu"};
    struct fdt fdt = tree_open();
    struct fdt_cpu cpu = {0};
    char found_text[128] = "";
    assert_int_equal(fdt_cpu_next(&fdt, &cpu), E_OK);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        if (fdt_cpu_has(&cpu, asked[i]))
            strcat(strcat(found_text, asked[i]), " ");
    }
    assert_string_equal(found_text, present);
}

static void test_fdt_extensions_from_either_property(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"rv64i", "i "},
        {"rv64imac", "i m a c "},
        {"rv64gc", "i m a f d c g "},
        {"rv64imafdch_zicsr_zbb_sstc", "i m a f d c h sstc zbb zicsr "},
        {"rv64imazicsr_svadu", "i m a zicsr svadu "},
        {"rv64ima__sstc_", "i m a sstc "},
        {"rv64i_zicbomx_xsstc", "i "},
        {"", ""},
    };
    cpus_make();
    cpu_add("cpu@0", 0, "");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        text_set("/cpus/cpu@0", "riscv,isa", cases[i][0], strlen(cases[i][0]) + 1);
        extensions_are(cases[i][1]);
    }
    text_set("/cpus/cpu@0", "riscv,isa", TEXT("rv64gc_zbb"));
    text_set("/cpus/cpu@0", "riscv,isa-extensions", TEXT("i\0m\0sstc"));
    extensions_are("i m sstc ");
    assert_int_equal(fdt_delprop(made, place("/cpus/cpu@0"), "riscv,isa-extensions"), 0);
    text_set("/cpus/cpu@0", "riscv,isa", "rv64gc", 6); /* no string */
    extensions_are("");
}

/* Adds a device with one region to a bus. */
static void device_add(const char *bus, const char *name)
{
    char path[64];
    node_add(bus, name);
    snprintf(path, sizeof path, "%s/%s", bus, name);
    text_set(path, "compatible", TEXT("thing"));
    cells_set(path, "reg", CELLS(0x1000, 0x10));
}

static void bus_add(const char *name)
{
    char path[64];
    node_add("/", name);
    snprintf(path, sizeof path, "/%s", name);
    cells_set(path, "#address-cells", CELLS(1));
    cells_set(path, "ranges", 0, NULL);
}

static void test_fdt_devices_are_those_in_reach(void **state)
{
    (void)state;
    tree_begin();
    cells_set("/", "#address-cells", CELLS(1));
    device_add("/", "last");
    cells_set("/last", "reg", CELLS(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
    device_add("/", "broken");
    cells_set("/broken", "interrupts", CELLS(1)); /* nobody receives it */
    bus_add("reserved-memory");
    device_add("/reserved-memory", "pool");
    bus_add("off");
    text_set("/off", "status", TEXT("disabled"));
    device_add("/off", "unpowered");
    bus_add("closed");
    device_add("/closed", "unreachable");
    assert_int_equal(fdt_delprop(made, place("/closed"), "ranges"), 0);
    bus_add("open");
    device_add("/open", "first");
    struct fdt fdt = tree_open();
    struct fdt_device device = {0};
    assert_int_equal(fdt_device_next(&fdt, &device), E_OK);
    assert_string_equal(fdt_node_name(&device.node), "first");
    assert_true(device.regions == 1 && device.interrupts == 0 && device.region[0].start == 0x1000);
    assert_refused(&fdt, fdt_device_next(&fdt, &device), "broken");
    assert_string_equal(fdt_node_name(&device.node), "broken");
    assert_int_equal(fdt_device_next(&fdt, &device), E_OK);
    assert_string_equal(fdt_node_name(&device.node), "last");
    assert_true(device.regions == FDT_DEVICE_REGIONS && device.region[3].size == 8);
    assert_int_equal(fdt_device_next(&fdt, &device), E_NOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fdt_memory_takes_what_is_usable),
        cmocka_unit_test(test_fdt_memory_is_bounded),
        cmocka_unit_test(test_fdt_reserved_joins_both_lists),
        cmocka_unit_test(test_fdt_chosen_reads_both_widths),
        cmocka_unit_test(test_fdt_chosen_refuses_what_cannot_be),
        cmocka_unit_test(test_fdt_cpus_go_on_behind_a_bad_one),
        cmocka_unit_test(test_fdt_extensions_from_either_property),
        cmocka_unit_test(test_fdt_devices_are_those_in_reach),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
