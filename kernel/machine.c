/* machine.c - asks the device tree (fdt.h) what the boot must know. */
#include "kernel/machine.h"

#include <string.h>

#include "kernel/klog.h"
#include "kernel/panic.h"
#include "kernel/riscv/csr.h"
#include "kernel/riscv/layout.h"
#include "vm/address.h"

enum { FDT_SIZE_MAX = 2 << 20, FDT_MAGIC = 0xd00dfeed };

struct machine machine;

static void machine_refuse(const char *what) __attribute__((noreturn));

static void machine_refuse(const char *what)
{
    const struct fdt *fdt = &machine.fdt;

    panic("device tree: %s: %s%s%s", what, fdt->complaint != NULL ? fdt->complaint : "not found",
          fdt->complaint_node != NULL ? " in node " : "",
          fdt->complaint_node != NULL ? fdt->complaint_node : "");
}

static void read_header(uint64_t physical)
{
    const uint8_t *blob = (const uint8_t *)(DIRECT_MAP + physical);

    if (physical == 0 || physical >= DIRECT_MAP_END - DIRECT_MAP)
        panic("device tree: the firmware gave no address of one (a1 = %#lx)", physical);
    if (fdt_cell(blob) != FDT_MAGIC)
        panic("device tree: no magic number at %#lx", physical);
    uint32_t size = fdt_cell(blob + 4);
    machine.fdt_physical = physical;
    if (fdt_open(&machine.fdt, blob, size < FDT_SIZE_MAX ? size : FDT_SIZE_MAX) != E_OK)
        machine_refuse("header");
}

static void read_memory(void)
{
    struct fdt *fdt = &machine.fdt;

    if (fdt_memory(fdt, &machine.ram) != E_OK)
        machine_refuse("memory");
    if (fdt_reserved(fdt, &machine.reserved) != E_OK)
        machine_refuse("reserved memory");
    for (size_t i = 0; i < machine.ram.count; i++)
        machine.ram_pages += machine.ram.entry[i].size >> PAGE_BITS;
}

static void read_chosen(void)
{
    struct fdt_chosen chosen;

    if (fdt_chosen(&machine.fdt, &chosen) != E_OK)
        machine_refuse("chosen");
    strncpy(machine.arguments, chosen.bootargs, sizeof machine.arguments - 1);
    machine.initrd = chosen.initrd;
}

static void read_model(void)
{
    struct fdt_node root = fdt_root(&machine.fdt);
    const char *model;

    if (fdt_property_string(&root, "model", &model) != E_OK)
        model = "unknown machine";
    strncpy(machine.model, model, sizeof machine.model - 1);
}

/* Counts the harts; returns the phandle of the boot hart's interrupt controller. */
static uint32_t read_harts(uint64_t hart)
{
    struct fdt_cpu cpu = {0};
    uint32_t controller = 0;
    bool seen = false; /* the boot hart, for which room is kept */
    enum error error;

    if (fdt_timebase(&machine.fdt, &machine.timebase_hz) != E_OK)
        machine_refuse("timebase-frequency");
    machine.sstc = true;
    while ((error = fdt_cpu_next(&machine.fdt, &cpu)) != E_NOENT) {
        if (error != E_OK)
            machine_refuse("cpu");
        if (!cpu.available || cpu.mmu_type[0] == '\0')
            continue; /* such as the monitor hart of some boards, which has no MMU */
        if (cpu.hart == hart || machine.harts + !seen < HARTS_MAX)
            machine.hart_id[machine.harts++] = cpu.hart;
        seen |= cpu.hart == hart;
        machine.sstc &= fdt_cpu_has(&cpu, "sstc");
        if (cpu.hart == hart)
            controller = cpu.interrupt_controller;
    }
    return controller;
}

static bool is_plic(const struct fdt_node *node)
{
    return fdt_node_compatible(node, "riscv,plic0") ||
           fdt_node_compatible(node, "sifive,plic-1.0.0");
}

static bool read_plic(const struct fdt_device *device, uint32_t controller)
{
    uint32_t context, sources;

    if (fdt_plic_context(&device->node, controller, INTERRUPT_EXTERNAL, &context) != E_OK ||
        fdt_property_u32(&device->node, "riscv,ndev", &sources) != E_OK)
        return false;
    machine.plic = device->region[0];
    machine.plic_phandle = fdt_node_phandle(&device->node);
    machine.plic_context = context;
    machine.plic_sources = sources;
    return true;
}

/* The few devices that are the kernel's own. A malformed node is init_start.c's to complain about.
 */
static void read_devices(uint32_t controller)
{
    struct fdt_device device = {0};
    enum error error;
    bool found = false;

    while ((error = fdt_device_next(&machine.fdt, &device)) != E_NOENT) {
        if (error != E_OK)
            continue;
        if (fdt_node_compatible(&device.node, "sifive,test1"))
            machine.finisher = device.region[0];
        if (!found && is_plic(&device.node))
            found = read_plic(&device, controller);
    }
    if (!found)
        klog("no interrupt controller that we know: devices cannot raise interrupts\n");
}

void machine_read(uint64_t fdt_physical, uint64_t hart)
{
    read_header(fdt_physical);
    read_model();
    read_memory();
    read_chosen();
    read_devices(read_harts(hart));
}

bool machine_argument(const char *name, char *value, size_t size)
{
    size_t length = strlen(name);
    const char *word = machine.arguments;

    while (*word != '\0') {
        size_t end = strcspn(word, " ");
        if (end > length && memcmp(word, name, length) == 0 && word[length] == '=') {
            size_t count = end - length - 1;
            if (count >= size)
                count = size - 1;
            memcpy(value, word + length + 1, count);
            value[count] = '\0';
            return true;
        }
        word += end;
        word += strspn(word, " ");
    }
    return false;
}
