/* test_fdt.c - the device-tree reader against libfdt: over trees that QEMU makes for many machines,
 * and over 100,000 mutations of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fdt_reference.h"
#include "fdt_trees.h"

enum { MUTATIONS_OF_TREES = 100000 };

static struct block blobs[TREES];

static int trees_set_up(void **state)
{
    (void)state;
    for (int i = 0; i < TREES; i++) {
        blobs[i] = tree_make(&trees[i]);
        if (blobs[i].size == 0)
            return -1;
    }
    return 0;
}

static int trees_tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < TREES; i++)
        block_free(blobs[i]);
    return 0;
}

static struct fdt opened(struct block blob)
{
    struct fdt fdt;
    enum error error = fdt_open(&fdt, blob.bytes, blob.size);
    if (error != E_OK)
        print_error("refused: %s\n", fdt.complaint);
    assert_int_equal(error, E_OK);
    assert_null(fdt.complaint);
    return fdt;
}

static void test_fdt_agrees_with_libfdt(void **state)
{
    (void)state;
    for (int i = 0; i < TREES; i++) {
        struct fdt fdt = opened(blobs[i]);
        assert_int_equal(fdt_check_full(blobs[i].bytes, blobs[i].size), 0);
        const char *difference = reference_difference(&fdt, blobs[i].bytes, true);
        if (difference)
            print_error("%s %s: %s\n", trees[i].machine, trees[i].options, difference);
        assert_null(difference);
    }
}

static void test_fdt_tolerates_any_alignment(void **state)
{
    (void)state;
    for (size_t shift = 1; shift < 8; shift++) {
        struct block moved = {malloc(blobs[1].size + shift), blobs[1].size + shift};
        assert_non_null(moved.bytes);
        memcpy(moved.bytes + shift, blobs[1].bytes, blobs[1].size);
        struct fdt fdt;
        struct fdt_regions regions;
        assert_int_equal(fdt_open(&fdt, moved.bytes + shift, blobs[1].size), E_OK);
        assert_int_equal(fdt_memory(&fdt, &regions), E_OK);
        assert_int_equal(regions.entry[0].size, trees[1].megabytes << 20);
        block_free(moved);
    }
}

static void test_fdt_memory_is_what_the_machine_was_given(void **state)
{
    (void)state;
    for (int i = 0; i < TREES; i++) {
        struct fdt fdt = opened(blobs[i]);
        struct fdt_regions regions;
        uint64_t total = 0;
        assert_int_equal(fdt_memory(&fdt, &regions), E_OK);
        for (size_t j = 0; j < regions.count; j++)
            total += regions.entry[j].size;
        assert_int_equal(total, trees[i].megabytes << 20);
        assert_int_equal(regions.entry[0].start, 0x80000000);
        assert_int_equal(regions.count, strstr(trees[i].options, "-numa") ? 2 : 1);
        assert_int_equal(fdt_reserved(&fdt, &regions), E_OK);
        assert_int_equal(regions.count, 0);
    }
}

static void test_fdt_chosen_is_the_command_line(void **state)
{
    (void)state;
    for (int i = 0; i < TREES; i++) {
        struct fdt fdt = opened(blobs[i]);
        struct fdt_chosen chosen;
        struct fdt_node console;
        assert_int_equal(fdt_chosen(&fdt, &chosen), E_OK);
        assert_string_equal(chosen.bootargs, trees[i].bootargs);
        assert_int_equal(chosen.initrd.size, strstr(trees[i].options, "-initrd") ? 4096 : 0);
        assert_int_equal(fdt_node_find(&fdt, chosen.stdout_path, &console), E_OK);
        if (strncmp(trees[i].machine, "virt", 4) == 0)
            assert_true(fdt_node_compatible(&console, "ns16550a"));
    }
}

static void test_fdt_cpus_are_numbered_and_capable(void **state)
{
    (void)state;
    for (int i = 0; i < TREES; i++) {
        struct fdt fdt = opened(blobs[i]);
        struct fdt_cpu cpu = {0};
        bool sifive = strcmp(trees[i].machine, "sifive_u") == 0;
        unsigned harts = 0;
        while (fdt_cpu_next(&fdt, &cpu) == E_OK) {
            bool monitor = sifive && harts == 0; /* its hart 0 has no MMU and no FPU */
            assert_int_equal(cpu.hart, harts++);
            assert_true(cpu.available);
            assert_string_equal(cpu.mmu_type, monitor ? "" : "riscv,sv48");
            assert_true(fdt_cpu_has(&cpu, "i") && fdt_cpu_has(&cpu, "c"));
            assert_int_equal(fdt_cpu_has(&cpu, "d"), !monitor);
            assert_true(fdt_cpu_has(&cpu, "zicsr"));
            assert_int_equal(fdt_cpu_has(&cpu, "sstc"),
                             !sifive && !strstr(trees[i].options, "sstc=off"));
            assert_false(fdt_cpu_has(&cpu, "svadu") || fdt_cpu_has(&cpu, "zics"));
        }
        assert_int_equal(harts, trees[i].harts);
        uint64_t hertz;
        assert_int_equal(fdt_timebase(&fdt, &hertz), E_OK);
        assert_int_equal(hertz, sifive ? 1000000 : 10000000);
    }
}

/* QEMU's PLIC: contexts are M and S of each hart in turn; sifive_u's hart 0 has M alone. */
static void test_fdt_plic_contexts_follow_the_harts(void **state)
{
    (void)state;
    for (int i = 0; i < TREES; i++) {
        struct fdt fdt = opened(blobs[i]);
        struct fdt_node plic;
        struct fdt_cpu cpu = {0};
        uint32_t context, sources;
        bool sifive = strcmp(trees[i].machine, "sifive_u") == 0;
        if (!trees[i].plic && !sifive)
            continue;
        const char *path = sifive ? "/soc/interrupt-controller@c000000" : "/soc/plic@c000000";
        /* NUMA: one PLIC for each socket, of which the first serves the first harts. */
        unsigned served = strstr(trees[i].options, "-numa") ? 2 : trees[i].harts;
        assert_int_equal(fdt_node_find(&fdt, path, &plic), E_OK);
        assert_int_equal(fdt_property_u32(&plic, "riscv,ndev", &sources), E_OK);
        assert_int_equal(sources, sifive ? 53 : 96);
        while (fdt_cpu_next(&fdt, &cpu) == E_OK) {
            enum error error = fdt_plic_context(&plic, cpu.interrupt_controller, 9, &context);
            bool has = cpu.hart < served && !(sifive && cpu.hart == 0);
            assert_int_equal(error, has ? E_OK : E_NOENT);
            if (has)
                assert_int_equal(context, 2 * cpu.hart + !sifive);
        }
    }
}

static void test_fdt_devices_of_virt_are_all_there(void **state)
{
    (void)state;
    for (int i = 0; i < TREES; i++) {
        if (strncmp(trees[i].machine, "virt", 4) != 0 || strstr(trees[i].options, "-numa"))
            continue;
        struct fdt fdt = opened(blobs[i]);
        struct fdt_device device = {0};
        uint32_t slots = 0, consoles = 0;
        while (fdt_device_next(&fdt, &device) == E_OK) {
            bool slot = fdt_node_compatible(&device.node, "virtio,mmio");
            bool console = fdt_node_compatible(&device.node, "ns16550a");
            if (slot || console) {
                uint32_t number = slot ? (uint32_t)(device.region[0].start - 0x10000000) >> 12 : 10;
                assert_int_equal(device.regions, 1);
                assert_int_equal(device.interrupts, 1);
                assert_int_equal(device.interrupt[0].number, number);
                assert_int_equal(device.interrupt[0].flags, trees[i].plic ? 0 : 4);
                slots += slot ? 1u << number : 0;
                consoles += console;
            }
        }
        assert_int_equal(slots, 0x1fe); /* one each at interrupts 1 to 8 */
        assert_int_equal(consoles, 1);
    }
}

/* Every shorter piece of the blob is refused, whatever it ends in. */
static void test_fdt_refuses_every_truncation(void **state)
{
    (void)state;
    for (size_t size = 0; size < blobs[0].size; size++) {
        struct block piece = block_copy(blobs[0].bytes, size);
        struct fdt fdt;
        assert_int_equal(fdt_open(&fdt, piece.bytes, piece.size), E_INVAL);
        assert_non_null(fdt.complaint);
        /* The same with a header that admits it: a block must then be cut off. */
        if (size >= 8) {
            word_write_big(piece.bytes + 4, (uint32_t)size);
            assert_int_equal(fdt_open(&fdt, piece.bytes, piece.size), E_INVAL);
        }
        block_free(piece);
    }
}

static void test_fdt_survives_mutations(void **state)
{
    (void)state;
    struct chance chance = chance_seeded(__func__);
    unsigned both = 0, refused = 0;
    for (int i = 0; i < MUTATIONS_OF_TREES; i++) {
        /* Small trees mostly, for the sake of time. */
        size_t tree = i % 16 == 0 ? chance_below(&chance, TREES) : TREES - 2;
        struct block blob = block_mutated(&chance, blobs[tree]);
        struct fdt fdt;
        bool accepted = fdt_open(&fdt, blob.bytes, blob.size) == E_OK;
        refused += !accepted;
        if (accepted && fdt_check_full(blob.bytes, blob.size) == 0) {
            const char *difference = reference_difference(&fdt, blob.bytes, false);
            if (difference)
                print_error("mutation %d of tree %zu: %s\n", i, tree, difference);
            assert_null(difference);
            both++;
        } else if (accepted) {
            struct fdt_device device = {0};
            while (fdt_device_next(&fdt, &device) != E_NOENT)
                continue;
        } else {
            assert_non_null(fdt.complaint);
        }
        block_free(blob);
    }
    print_message("accepted by both %u, refused %u\n", both, refused);
    assert_true(both > MUTATIONS_OF_TREES / 10 && refused > MUTATIONS_OF_TREES / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fdt_agrees_with_libfdt),
        cmocka_unit_test(test_fdt_tolerates_any_alignment),
        cmocka_unit_test(test_fdt_memory_is_what_the_machine_was_given),
        cmocka_unit_test(test_fdt_chosen_is_the_command_line),
        cmocka_unit_test(test_fdt_cpus_are_numbered_and_capable),
        cmocka_unit_test(test_fdt_plic_contexts_follow_the_harts),
        cmocka_unit_test(test_fdt_devices_of_virt_are_all_there),
        cmocka_unit_test(test_fdt_refuses_every_truncation),
        cmocka_unit_test(test_fdt_survives_mutations),
    };
    return cmocka_run_group_tests(tests, trees_set_up, trees_tear_down);
}
