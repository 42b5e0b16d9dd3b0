/* fdt_query.c - what the boot asks of a device tree: memory, firmware's choices, harts, devices.
 *
 * A tree that is well formed but says what cannot be is answered with an error and a complaint;
 * nothing in it can make the boot read outside the blob or loop for ever.
 *
 * Lock: none, see fdt.h.
 */
#include "fdt.h"

#include <string.h>

static const char *const empty = "";

/* A string property, or "" if there is none. */
static enum error string_or_empty(const struct fdt_node *node, const char *name, const char **value)
{
    enum error error = fdt_property_string(node, name, value);
    if (error == E_NOENT) {
        *value = empty;
        error = E_OK;
    }
    return error;
}

/* --- Memory ----------------------------------------------------------------------------------- */

static enum error region_add(struct fdt *fdt, struct fdt_regions *regions, struct fdt_region region)
{
    if (region.size == 0)
        return E_OK;
    if (regions->count == FDT_REGIONS_MAX)
        return fdt_refuse(fdt, NULL, "too many memory regions");
    regions->entry[regions->count++] = region;
    return E_OK;
}

/* Adds every entry of the node's reg, which may be missing. */
static enum error node_regions_add(const struct fdt_node *node, struct fdt_regions *regions)
{
    struct fdt_region region;
    for (unsigned index = 0;; index++) {
        enum error error = fdt_node_region(node, index, &region);
        if (error == E_OK)
            error = region_add(node->fdt, regions, region);
        if (error != E_OK)
            return error == E_NOENT ? E_OK : error;
    }
}

enum error fdt_memory(struct fdt *fdt, struct fdt_regions *regions)
{
    struct fdt_node root = fdt_root(fdt), node;
    regions->count = 0;
    for (bool more = fdt_node_child(&root, &node); more; more = fdt_node_sibling(&node)) {
        if (!fdt_property_lists(&node, "device_type", "memory") || !fdt_node_available(&node))
            continue;
        enum error error = node_regions_add(&node, regions);
        if (error != E_OK)
            return error;
    }
    return regions->count ? E_OK : fdt_refuse(fdt, NULL, "the device tree tells of no memory");
}

/* The reservation block: pairs of 64-bit address and size, until one of zeros (§5.3). */
static enum error reservations_add(struct fdt *fdt, struct fdt_regions *regions)
{
    for (const uint8_t *entry = fdt->reserved;; entry += 16) {
        struct fdt_region region = {
            .start = (uint64_t)fdt_cell(entry) << 32 | fdt_cell(entry + 4),
            .size = (uint64_t)fdt_cell(entry + 8) << 32 | fdt_cell(entry + 12),
        };
        uint64_t end;
        if (region.start == 0 && region.size == 0)
            return E_OK;
        if (__builtin_add_overflow(region.start, region.size, &end))
            return fdt_refuse(fdt, NULL, "a memory reservation runs past the last address");
        enum error error = region_add(fdt, regions, region);
        if (error != E_OK)
            return error;
    }
}

enum error fdt_reserved(struct fdt *fdt, struct fdt_regions *regions)
{
    struct fdt_node parent, node;
    regions->count = 0;
    enum error error = reservations_add(fdt, regions);
    if (error != E_OK || fdt_node_find(fdt, "/reserved-memory", &parent) != E_OK)
        return error;
    for (bool more = fdt_node_child(&parent, &node); more; more = fdt_node_sibling(&node)) {
        if (!fdt_node_available(&node))
            continue;
        error = node_regions_add(&node, regions);
        if (error != E_OK)
            return error;
    }
    return E_OK;
}

/* --- Choices of firmware ---------------------------------------------------------------------- */

static enum error initrd_read(const struct fdt_node *node, struct fdt_region *initrd)
{
    uint64_t start, end;
    enum error error = fdt_property_u64(node, "linux,initrd-start", &start);
    if (error == E_NOENT)
        return E_OK;
    if (error == E_OK)
        error = fdt_property_u64(node, "linux,initrd-end", &end);
    if (error == E_NOENT || (error == E_OK && end < start))
        error = fdt_refuse(node->fdt, node, "the initrd ends before it starts");
    if (error == E_OK)
        *initrd = (struct fdt_region){.start = start, .size = end - start};
    return error;
}

enum error fdt_chosen(struct fdt *fdt, struct fdt_chosen *chosen)
{
    struct fdt_node node;
    *chosen = (struct fdt_chosen){.bootargs = empty, .stdout_path = empty};
    if (fdt_node_find(fdt, "/chosen", &node) != E_OK)
        return E_OK;
    enum error error = string_or_empty(&node, "bootargs", &chosen->bootargs);
    if (error == E_OK)
        error = string_or_empty(&node, "stdout-path", &chosen->stdout_path);
    if (error == E_OK)
        error = initrd_read(&node, &chosen->initrd);
    return error;
}

/* --- Harts ------------------------------------------------------------------------------------ */

enum error fdt_timebase(struct fdt *fdt, uint64_t *hertz)
{
    struct fdt_node cpus;
    enum error error = fdt_node_find(fdt, "/cpus", &cpus);
    if (error == E_OK)
        error = fdt_property_u64(&cpus, "timebase-frequency", hertz);
    if (error == E_OK && *hertz == 0)
        error = fdt_refuse(fdt, &cpus, "a time base of zero");
    return error;
}

static enum error cpu_read(struct fdt_cpu *cpu)
{
    struct fdt_region reg;
    struct fdt_node child;
    enum error error = fdt_node_reg(&cpu->node, 0, &reg);
    if (error == E_OK)
        error = string_or_empty(&cpu->node, "mmu-type", &cpu->mmu_type);
    if (error != E_OK)
        return fdt_refuse(cpu->node.fdt, &cpu->node,
                          "a hart without a number or a usable MMU type");
    cpu->hart = reg.start;
    cpu->available = fdt_node_available(&cpu->node);
    cpu->interrupt_controller = 0;
    for (bool more = fdt_node_child(&cpu->node, &child); more; more = fdt_node_sibling(&child)) {
        if (fdt_node_compatible(&child, "riscv,cpu-intc"))
            cpu->interrupt_controller = fdt_node_phandle(&child);
    }
    return E_OK;
}

enum error fdt_cpu_next(struct fdt *fdt, struct fdt_cpu *cpu)
{
    bool more;
    if (cpu->node.fdt) {
        more = fdt_node_sibling(&cpu->node);
    } else {
        struct fdt_node cpus;
        if (fdt_node_find(fdt, "/cpus", &cpus) != E_OK)
            return E_NOENT;
        more = fdt_node_child(&cpus, &cpu->node);
    }
    for (; more; more = fdt_node_sibling(&cpu->node)) {
        if (fdt_property_lists(&cpu->node, "device_type", "cpu"))
            return cpu_read(cpu);
    }
    return E_NOENT;
}

/* "rv64imafdch_zicsr_sstc": letters, then longer names, which start with s, x or z; only the first
 * may stand there without an underscore. */
static bool isa_string_has(const char *isa, const char *extension)
{
    size_t wanted = strlen(extension);
    isa += strspn(isa, "rv0123456789");
    size_t letters = strcspn(isa, "_sxz");
    if (wanted == 1) {
        bool general = memchr(isa, 'g', letters) && strchr("imafd", *extension);
        return general || memchr(isa, *extension, letters);
    }
    for (isa += letters; *isa != '\0';) {
        isa += strspn(isa, "_");
        size_t length = strcspn(isa, "_");
        if (length == wanted && strncmp(isa, extension, length) == 0)
            return true;
        isa += length;
    }
    return false;
}

bool fdt_cpu_has(const struct fdt_cpu *cpu, const char *extension)
{
    struct fdt_property list;
    const char *isa;
    if (fdt_property_find(&cpu->node, "riscv,isa-extensions", &list) == E_OK)
        return fdt_property_lists(&cpu->node, "riscv,isa-extensions", extension);
    return fdt_property_string(&cpu->node, "riscv,isa", &isa) == E_OK &&
           isa_string_has(isa, extension);
}

/* --- Devices ---------------------------------------------------------------------------------- */

/* E_NOENT, E_RANGE: not a device that the processor reaches. */
static enum error device_read(struct fdt_device *device)
{
    struct fdt_property compatible;
    enum error error = fdt_property_find(&device->node, "compatible", &compatible);
    device->regions = device->interrupts = 0;
    while (error == E_OK && device->regions < FDT_DEVICE_REGIONS) {
        error = fdt_node_region(&device->node, device->regions, &device->region[device->regions]);
        device->regions += error == E_OK;
    }
    if (device->regions == 0 || error == E_INVAL)
        return error;
    error = E_OK;
    while (error == E_OK && device->interrupts < FDT_DEVICE_INTERRUPTS) {
        error = fdt_node_interrupt(&device->node, device->interrupts,
                                   &device->interrupt[device->interrupts]);
        device->interrupts += error == E_OK;
    }
    return error == E_NOENT ? E_OK : error;
}

/* Whether there can be devices in this node: reserved memory may look like one. */
static bool devices_inside(const struct fdt_node *node)
{
    bool reserved = node->depth == 1 && strcmp(fdt_node_name(node), "reserved-memory") == 0;
    return !reserved && fdt_node_available(node);
}

enum error fdt_device_next(struct fdt *fdt, struct fdt_device *device)
{
    struct fdt_node *node = &device->node;
    if (!node->fdt)
        *node = fdt_root(fdt);
    bool more = fdt_node_next(node);
    while (more) {
        enum error error = E_NOENT;
        bool inside = devices_inside(node);
        if (inside)
            error = device_read(device);
        if (error == E_OK || error == E_INVAL)
            return error;
        more = inside ? fdt_node_next(node) : fdt_node_skip(node);
    }
    return E_NOENT;
}
