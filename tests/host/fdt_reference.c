/* fdt_reference.c - compares each answer of our device-tree reader with what libfdt leads to. */
#include "fdt_reference.h"

#include <string.h>

typedef unsigned __int128 wide_t;

/* --- Structure -------------------------------------------------------------------------------- */

static int reference_root(const void *blob)
{
    int depth = -1;
    return fdt_next_node(blob, -1, &depth);
}

/* The offset that libfdt gives the node where our cursor stands: their names are the same bytes. */
static bool same_node(const struct fdt_node *node, const void *blob, int offset)
{
    return offset >= 0 && fdt_node_name(node) == fdt_get_name(blob, offset, NULL);
}

static const char *properties_difference(const struct fdt_node *node, const void *blob, int offset)
{
    struct fdt_property ours, found;
    uint32_t cursor = 0;
    int theirs;
    fdt_for_each_property_offset(theirs, blob, offset)
    {
        const char *name;
        int length;
        const void *value = fdt_getprop_by_offset(blob, theirs, &name, &length);
        if (!fdt_property_next(node, &cursor, &ours))
            return "a property is missing";
        if (ours.name != name || ours.value != value || ours.length != (uint32_t)length)
            return "a property differs";
        if (fdt_property_find(node, name, &found) != E_OK ||
            found.value != fdt_getprop(blob, offset, name, NULL))
            return "a property is found elsewhere by name";
        bool is_list = found.value == value && length > 0 && ours.value[length - 1] == '\0';
        if (is_list && fdt_property_lists(node, name, "riscv,cpu-intc") !=
                           (fdt_stringlist_contains(value, length, "riscv,cpu-intc") == 1))
            return "a list of strings differs";
    }
    if (fdt_property_next(node, &cursor, &ours))
        return "there is a property too many";
    return NULL;
}

/* libfdt's paths rely on a root at the very start, without NOP, and on names without slash. */
static bool has_sound_names(const void *blob)
{
    int depth = 0;
    if (reference_root(blob) != 0)
        return false;
    for (int node = 0; node >= 0 && depth >= 0; node = fdt_next_node(blob, node, &depth)) {
        if (strchr(fdt_get_name(blob, node, NULL), '/'))
            return false;
    }
    return true;
}

static const char *path_difference(const struct fdt_node *node, const void *blob, int offset)
{
    char ours[1024], theirs[1024];
    struct fdt_node found;
    if (fdt_node_path(node, ours, sizeof ours) != E_OK)
        return NULL;
    if (fdt_get_path(blob, offset, theirs, sizeof theirs) != 0 || strcmp(ours, theirs) != 0)
        return "a path differs";
    if (strchr(ours, ':')) /* there it ends for us, §3.6 */
        return NULL;
    bool is_found = fdt_node_find(node->fdt, ours, &found) == E_OK;
    int place = fdt_path_offset(blob, ours);
    if (is_found ? !same_node(&found, blob, place) : place >= 0)
        return "a path leads elsewhere";
    return NULL;
}

static const char *phandle_difference(const struct fdt_node *node, const void *blob, int offset)
{
    struct fdt_node found;
    uint32_t phandle = fdt_node_phandle(node);
    if (fdt_getprop(blob, offset, "linux,phandle", NULL))
        return NULL; /* the deprecated form is not ours */
    if (phandle != fdt_get_phandle(blob, offset))
        return "a phandle differs";
    if (phandle != 0 && phandle != UINT32_MAX &&
        (fdt_node_by_phandle(node->fdt, phandle, &found) != E_OK ||
         !same_node(&found, blob, fdt_node_offset_by_phandle(blob, phandle))))
        return "a phandle leads elsewhere";
    return NULL;
}

static const char *nodes_difference(struct fdt *fdt, const void *blob)
{
    struct fdt_node node = fdt_root(fdt);
    bool more = true, has_paths = has_sound_names(blob);
    int depth = -1;
    for (int offset = fdt_next_node(blob, -1, &depth); offset >= 0 && depth >= 0;
         offset = fdt_next_node(blob, offset, &depth)) {
        if (!more || node.depth != (uint32_t)depth || !same_node(&node, blob, offset))
            return "the nodes differ";
        const char *difference = properties_difference(&node, blob, offset);
        if (!difference && has_paths)
            difference = path_difference(&node, blob, offset);
        if (!difference)
            difference = phandle_difference(&node, blob, offset);
        if (difference)
            return difference;
        more = fdt_node_next(&node);
    }
    return more ? "there is a node too many" : NULL;
}

/* --- Addresses and interrupts ----------------------------------------------------------------- */

static uint32_t reference_u32(const void *blob, int node, const char *name, uint32_t missing)
{
    int length;
    const fdt32_t *value = fdt_getprop(blob, node, name, &length);
    return value && length == 4 ? fdt32_ld(value) : missing;
}

static wide_t reference_number(const uint8_t *cells, uint32_t count)
{
    wide_t number = 0;
    for (uint32_t i = 0; i < count; i++)
        number = number << 32 | fdt32_ld((const fdt32_t *)(cells + 4 * i));
    return number;
}

struct wide_region {
    wide_t start, size;
};

/* From the addresses of a bus to those of its parent. */
static bool reference_translate(const void *blob, int bus, int parent, struct wide_region *region)
{
    int length;
    const uint8_t *range = fdt_getprop(blob, bus, "ranges", &length);
    uint32_t inner = reference_u32(blob, bus, "#address-cells", 2);
    uint32_t outer = reference_u32(blob, parent, "#address-cells", 2);
    uint32_t sizes = reference_u32(blob, bus, "#size-cells", 1);
    if (!range || length == 0)
        return range != NULL;
    int entry = (int)(inner + outer + sizes) * 4;
    for (; entry > 0 && length >= entry; range += entry, length -= entry) {
        wide_t from = reference_number(range, inner);
        wide_t to = reference_number(range + 4 * inner, outer);
        wide_t size = reference_number(range + 4 * (inner + outer), sizes);
        bool fits = size <= UINT64_MAX && to <= UINT64_MAX && region->start >= from &&
                    region->start + region->size <= from + size &&
                    to + (region->start - from) + region->size <= UINT64_MAX;
        if (fits) {
            region->start = to + (region->start - from);
            return true;
        }
    }
    return false;
}

/* The index-th entry of reg; `translated`: as the processor sees it. */
static bool reference_region(const void *blob, int node, unsigned index, bool translated,
                             struct wide_region *region)
{
    int length, bus = fdt_parent_offset(blob, node), parent;
    const uint8_t *reg = fdt_getprop(blob, node, "reg", &length);
    if (!reg || bus < 0)
        return false;
    uint32_t address = reference_u32(blob, bus, "#address-cells", 2);
    uint32_t size = reference_u32(blob, bus, "#size-cells", 1);
    if (address > 4 || size > 4 || 4 * (address + size) * (index + 1) > (uint32_t)length)
        return false;
    reg += 4 * (address + size) * index;
    region->start = reference_number(reg, address);
    region->size = reference_number(reg + 4 * address, size);
    for (; translated && (parent = fdt_parent_offset(blob, bus)) >= 0; bus = parent) {
        if (!reference_translate(blob, bus, parent, region))
            return false;
    }
    return true;
}

/* Where the interrupts of a node go (§2.4.1), negative: nowhere. */
static int reference_controller(const void *blob, int node)
{
    if (fdt_getprop(blob, node, "interrupt-parent", NULL))
        return fdt_node_offset_by_phandle(blob, reference_u32(blob, node, "interrupt-parent", 0));
    int parent = fdt_parent_offset(blob, node);
    if (parent < 0 || fdt_getprop(blob, parent, "#interrupt-cells", NULL))
        return parent;
    return reference_controller(blob, parent);
}

static bool reference_interrupt(const void *blob, int node, unsigned index,
                                struct fdt_interrupt *interrupt)
{
    int length = 0, controller = -1;
    const fdt32_t *list = fdt_getprop(blob, node, "interrupts-extended", &length);
    bool extended = list != NULL;
    if (!extended) {
        list = fdt_getprop(blob, node, "interrupts", &length);
        controller = reference_controller(blob, node);
    }
    for (int words = list ? length / 4 : 0; words > 0; index--) {
        if (extended) {
            controller = fdt_node_offset_by_phandle(blob, fdt32_ld(list++));
            words--;
        }
        int cells = (int)reference_u32(blob, controller, "#interrupt-cells", 0);
        if (cells <= 0 || cells > words)
            return false;
        if (index == 0) {
            interrupt->controller = reference_u32(blob, controller, "phandle", 0);
            interrupt->number = fdt32_ld(list);
            interrupt->flags = cells > 1 ? fdt32_ld(list + 1) : 0;
            return true;
        }
        list += cells;
        words -= cells;
    }
    return false;
}

/* --- What the boot asks ----------------------------------------------------------------------- */

/* Each of these compares one answer. `strict`: the tree is sound, ours may not refuse it. */

static bool reference_available(const void *blob, int node)
{
    const char *status = fdt_getprop(blob, node, "status", NULL);
    return !status || fdt_stringlist_search(blob, node, "status", "okay") >= 0 ||
           fdt_stringlist_search(blob, node, "status", "ok") >= 0;
}

/* Whether regions `*at`, ... of our list are those of the node; moves *at behind them. */
static bool node_regions_agree(const struct fdt_regions *ours, size_t *at, const void *blob,
                               int node)
{
    struct wide_region theirs;
    for (unsigned index = 0; reference_region(blob, node, index, true, &theirs); index++) {
        if (theirs.size == 0)
            continue;
        if (*at == ours->count || ours->entry[*at].start != theirs.start ||
            ours->entry[*at].size != theirs.size)
            return false;
        (*at)++;
    }
    return true;
}

static const char *memory_difference(struct fdt *fdt, const void *blob, bool strict)
{
    struct fdt_regions ours;
    size_t at = 0;
    int node;
    if (fdt_memory(fdt, &ours) != E_OK)
        return strict ? "the memory is refused" : NULL;
    fdt_for_each_subnode(node, blob, 0)
    {
        if (fdt_stringlist_search(blob, node, "device_type", "memory") >= 0 &&
            reference_available(blob, node) && !node_regions_agree(&ours, &at, blob, node))
            return "the memory differs";
    }
    return at == ours.count ? NULL : "there is memory too much";
}

static const char *reserved_difference(struct fdt *fdt, const void *blob, bool strict)
{
    struct fdt_regions ours;
    size_t at = 0;
    int node, parent = fdt_subnode_offset(blob, 0, "reserved-memory");
    if (fdt_reserved(fdt, &ours) != E_OK)
        return strict ? "the reserved memory is refused" : NULL;
    uint64_t start = 0, size;
    int entries = fdt_num_mem_rsv(blob);
    /* For libfdt any entry without size is the end, for §5.3.1 only one of zeros. */
    if (fdt_get_mem_rsv(blob, entries, &start, &size) == 0 && start != 0)
        return NULL;
    for (int i = 0; i < entries; i++) {
        if (fdt_get_mem_rsv(blob, i, &start, &size) != 0 || at == ours.count ||
            ours.entry[at].start != start || ours.entry[at].size != size)
            return "a reservation differs";
        at++;
    }
    if (parent >= 0) {
        fdt_for_each_subnode(node, blob, parent)
        {
            if (reference_available(blob, node) && !node_regions_agree(&ours, &at, blob, node))
                return "the reserved memory differs";
        }
    }
    return at == ours.count ? NULL : "there is a reservation too many";
}

static uint64_t reference_u64(const void *blob, int node, const char *name)
{
    int length = 0;
    const uint8_t *value = fdt_getprop(blob, node, name, &length);
    return value ? (uint64_t)reference_number(value, (uint32_t)length / 4) : 0;
}

static const char *chosen_difference(struct fdt *fdt, const void *blob, bool strict)
{
    struct fdt_chosen ours;
    int node = fdt_subnode_offset(blob, 0, "chosen");
    if (fdt_chosen(fdt, &ours) != E_OK)
        return strict ? "the choices are refused" : NULL;
    const char *bootargs = node < 0 ? NULL : fdt_getprop(blob, node, "bootargs", NULL);
    const char *path = node < 0 ? NULL : fdt_getprop(blob, node, "stdout-path", NULL);
    if (bootargs ? ours.bootargs != bootargs : *ours.bootargs != '\0')
        return "the boot arguments differ";
    if (path ? ours.stdout_path != path : *ours.stdout_path != '\0')
        return "the console differs";
    uint64_t start = node < 0 ? 0 : reference_u64(blob, node, "linux,initrd-start");
    uint64_t end = node < 0 ? 0 : reference_u64(blob, node, "linux,initrd-end");
    if (ours.initrd.size != 0 && (ours.initrd.start != start || ours.initrd.size != end - start))
        return "the initrd differs";
    return strict && ours.initrd.size != end - start ? "the initrd is missing" : NULL;
}

static const char *cpu_difference(const struct fdt_cpu *cpu, const void *blob, int node)
{
    struct wide_region reg;
    uint32_t intc = 0;
    int child;
    if (!same_node(&cpu->node, blob, node))
        return "the harts come in another order";
    if (!reference_region(blob, node, 0, false, &reg) || reg.start != cpu->hart)
        return "a hart's number differs";
    if (cpu->available != reference_available(blob, node))
        return "a hart's status differs";
    const char *mmu = fdt_getprop(blob, node, "mmu-type", NULL);
    if (mmu ? cpu->mmu_type != mmu : *cpu->mmu_type != '\0')
        return "a hart's MMU differs";
    fdt_for_each_subnode(child, blob, node)
    {
        if (fdt_stringlist_search(blob, child, "compatible", "riscv,cpu-intc") >= 0)
            intc = reference_u32(blob, child, "phandle", 0);
    }
    return cpu->interrupt_controller == intc ? NULL : "a hart's interrupt controller differs";
}

static const char *cpus_difference(struct fdt *fdt, const void *blob, bool strict)
{
    struct fdt_cpu cpu = {0};
    uint64_t hertz;
    int node, cpus = fdt_subnode_offset(blob, 0, "cpus");
    enum error error = fdt_timebase(fdt, &hertz);
    if (error == E_OK ? hertz != reference_u64(blob, cpus, "timebase-frequency") : strict)
        return "the time base differs";
    if (cpus < 0)
        return fdt_cpu_next(fdt, &cpu) == E_NOENT ? NULL : "there are harts in no /cpus";
    fdt_for_each_subnode(node, blob, cpus)
    {
        if (fdt_stringlist_search(blob, node, "device_type", "cpu") < 0)
            continue;
        error = fdt_cpu_next(fdt, &cpu);
        const char *difference = error == E_OK ? cpu_difference(&cpu, blob, node) : NULL;
        if (error == E_NOENT || (error != E_OK && strict))
            return "a hart is missing";
        if (difference)
            return difference;
    }
    return fdt_cpu_next(fdt, &cpu) == E_NOENT ? NULL : "there is a hart too many";
}

static const char *device_difference(const struct fdt_device *device, const void *blob, int node)
{
    struct wide_region region;
    struct fdt_interrupt interrupt;
    for (unsigned i = 0; i < device->regions; i++) {
        if (!reference_region(blob, node, i, true, &region) ||
            region.start != device->region[i].start || region.size != device->region[i].size)
            return "a device's registers differ";
    }
    for (unsigned i = 0; i < device->interrupts; i++) {
        if (!reference_interrupt(blob, node, i, &interrupt) ||
            memcmp(&interrupt, &device->interrupt[i], sizeof interrupt) != 0)
            return "a device's interrupts differ";
    }
    if (device->regions < FDT_DEVICE_REGIONS &&
        reference_region(blob, node, device->regions, true, &region) && region.start <= UINT64_MAX)
        return "a device's registers are missing";
    if (device->interrupts < FDT_DEVICE_INTERRUPTS &&
        reference_interrupt(blob, node, device->interrupts, &interrupt))
        return "a device's interrupts are missing";
    return NULL;
}

/* Whether ours should give this node as a device. */
static bool reference_device(const void *blob, int node)
{
    struct wide_region region;
    if (!fdt_getprop(blob, node, "compatible", NULL) ||
        !reference_region(blob, node, 0, true, &region))
        return false;
    for (int at = node; at > 0; at = fdt_parent_offset(blob, at)) {
        if (!reference_available(blob, at) ||
            (fdt_parent_offset(blob, at) == 0 &&
             strcmp(fdt_get_name(blob, at, NULL), "reserved-memory") == 0))
            return false;
    }
    return true;
}

static const char *devices_difference(struct fdt *fdt, const void *blob, bool strict)
{
    struct fdt_device device = {0};
    enum error error = fdt_device_next(fdt, &device);
    int depth = 0;
    for (int node = fdt_next_node(blob, 0, &depth); node >= 0 && depth > 0;
         node = fdt_next_node(blob, node, &depth)) {
        if (error == E_NOENT || !same_node(&device.node, blob, node)) {
            if (strict && reference_device(blob, node))
                return "a device is missing";
            continue;
        }
        const char *difference = error == E_OK ? device_difference(&device, blob, node) : NULL;
        if (strict && error != E_OK)
            difference = "a device is refused";
        else if (error == E_OK && !reference_device(blob, node))
            difference = "a device is none";
        if (difference)
            return difference;
        error = fdt_device_next(fdt, &device);
    }
    return error == E_NOENT ? NULL : "there is a device too many";
}

const char *reference_difference(struct fdt *fdt, const void *blob, bool strict)
{
    const char *difference = nodes_difference(fdt, blob);
    if (reference_root(blob) != 0) /* a NOP before the root: libfdt finds nothing by path */
        return difference;
    if (!difference)
        difference = memory_difference(fdt, blob, strict);
    if (!difference)
        difference = reserved_difference(fdt, blob, strict);
    if (!difference)
        difference = chosen_difference(fdt, blob, strict);
    if (!difference)
        difference = cpus_difference(fdt, blob, strict);
    if (!difference)
        difference = devices_difference(fdt, blob, strict);
    return difference;
}
