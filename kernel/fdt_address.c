/* fdt_address.c - the addresses and the interrupts of a node, translated to what the processor
 * sees.
 *
 * Invariant: nothing that a property says is believed before its length and its range have been
 * checked; the structure itself was checked by fdt_open.
 *
 * Lock: none, see fdt.h.
 */
#include "fdt.h"

#include <string.h>

/* How a bus writes the addresses and sizes of its children (§2.3.5), in cells. */
struct bus_cells {
    uint32_t address, size;
};

/* A number property that may be missing. */
static enum error number_or_default(const struct fdt_node *node, const char *name, uint32_t missing,
                                    uint32_t *value)
{
    enum error error = fdt_property_u32(node, name, value);
    if (error == E_NOENT) {
        *value = missing;
        error = E_OK;
    }
    return error;
}

static enum error bus_cells_read(const struct fdt_node *bus, struct bus_cells *cells)
{
    enum error error = number_or_default(bus, "#address-cells", 2, &cells->address);
    if (error == E_OK)
        error = number_or_default(bus, "#size-cells", 1, &cells->size);
    if (error == E_OK && (cells->address > FDT_CELLS_MAX || cells->size > FDT_CELLS_MAX))
        error = fdt_refuse(bus->fdt, bus, "too many cells in an address or size");
    return error;
}

static struct fdt_node node_parent(const struct fdt_node *node)
{
    struct fdt_node parent = *node;
    parent.depth--;
    return parent;
}

/* Reads `count` cells as one number. E_RANGE: it has more than 64 bits. */
static enum error cells_read(const uint8_t *bytes, uint32_t count, uint64_t *value)
{
    uint64_t number = 0, lost = 0;
    for (uint32_t i = 0; i < count; i++) {
        lost |= number >> 32;
        number = number << 32 | fdt_cell(bytes + (size_t)i * 4);
    }
    *value = number;
    return lost == 0 ? E_OK : E_RANGE;
}

enum error fdt_node_reg(const struct fdt_node *node, unsigned index, struct fdt_region *region)
{
    struct fdt_property reg;
    struct bus_cells cells;
    if (node->depth == 0 || fdt_property_find(node, "reg", &reg) != E_OK)
        return E_NOENT;
    struct fdt_node bus = node_parent(node);
    enum error error = bus_cells_read(&bus, &cells);
    if (error != E_OK)
        return error;
    uint32_t entry = (cells.address + cells.size) * 4;
    if (entry == 0 || reg.length % entry != 0)
        return fdt_refuse(node->fdt, node, "reg does not fit the cells of its bus");
    if (index >= reg.length / entry)
        return E_NOENT;
    struct fdt_region found;
    uint64_t end;
    const uint8_t *address = reg.value + (size_t)index * entry;
    error = cells_read(address, cells.address, &found.start);
    if (error == E_OK)
        error = cells_read(address + (size_t)cells.address * 4, cells.size, &found.size);
    if (error != E_OK)
        return error;
    if (__builtin_add_overflow(found.start, found.size, &end))
        return fdt_refuse(node->fdt, node, "a region runs past the last address");
    *region = found;
    return E_OK;
}

/* Translates by one entry of "ranges": address in the bus, address in its parent, size. False: the
 * region is not inside, or the entry needs more than 64 bits. */
static bool window_translate(const uint8_t *entry, struct bus_cells inner, struct bus_cells outer,
                             struct fdt_region *region)
{
    const uint8_t *outer_address = entry + (size_t)inner.address * 4;
    const uint8_t *window_size = outer_address + (size_t)outer.address * 4;
    uint64_t start, target, size, end;
    if (cells_read(entry, inner.address, &start) != E_OK ||
        cells_read(outer_address, outer.address, &target) != E_OK ||
        cells_read(window_size, inner.size, &size) != E_OK)
        return false;
    uint64_t offset = region->start - start;
    if (region->start < start || offset > size || region->size > size - offset ||
        __builtin_add_overflow(target, offset + region->size, &end))
        return false;
    region->start = target + offset;
    return true;
}

/* From the addresses of a bus to those of its parent (§2.3.8). */
static enum error bus_translate(const struct fdt_node *bus, struct fdt_region *region)
{
    struct fdt_node parent = node_parent(bus);
    struct fdt_property ranges;
    struct bus_cells inner, outer;
    if (fdt_property_find(bus, "ranges", &ranges) != E_OK)
        return E_RANGE;
    enum error error = bus_cells_read(bus, &inner);
    if (error == E_OK)
        error = bus_cells_read(&parent, &outer);
    if (error != E_OK || ranges.length == 0)
        return error;
    uint32_t size = (inner.address + outer.address + inner.size) * 4;
    if (size == 0 || ranges.length % size != 0)
        return fdt_refuse(bus->fdt, bus, "ranges does not fit the cells of its buses");
    for (const uint8_t *entry = ranges.value; entry < ranges.value + ranges.length; entry += size) {
        if (window_translate(entry, inner, outer, region))
            return E_OK;
    }
    return E_RANGE;
}

enum error fdt_node_region(const struct fdt_node *node, unsigned index, struct fdt_region *region)
{
    struct fdt_region found;
    enum error error = fdt_node_reg(node, index, &found);
    if (error != E_OK)
        return error;
    for (struct fdt_node bus = node_parent(node); bus.depth > 0; bus = node_parent(&bus)) {
        error = bus_translate(&bus, &found);
        if (error != E_OK)
            return error;
    }
    *region = found;
    return E_OK;
}

/* --- Interrupts ------------------------------------------------------------------------------- */

static enum error controller_read(const struct fdt_node *node, struct fdt_controller *controller)
{
    struct fdt_controller found = {.phandle = fdt_node_phandle(node)};
    enum error error = fdt_property_u32(node, "#interrupt-cells", &found.cells);
    if (error == E_NOENT || (error == E_OK && (found.cells == 0 || found.cells > FDT_CELLS_MAX)))
        error = fdt_refuse(node->fdt, node, "an interrupt controller without usable cells");
    if (error == E_OK)
        *controller = found;
    return error;
}

/* Searching a phandle walks the whole tree, and nearly all devices name the same controller: the
 * last one is remembered. */
static enum error controller_find(const struct fdt_node *node, uint32_t phandle,
                                  struct fdt_controller *controller)
{
    struct fdt *fdt = node->fdt;
    struct fdt_node found;
    if (phandle == 0 || phandle != fdt->last_controller.phandle) {
        if (fdt_node_by_phandle(fdt, phandle, &found) != E_OK)
            return fdt_refuse(fdt, node, "an interrupt of an unknown controller");
        enum error error = controller_read(&found, &fdt->last_controller);
        if (error != E_OK)
            return error;
    }
    *controller = fdt->last_controller;
    return E_OK;
}

/* The controller that receives what "interrupts" of this node names. */
static enum error interrupt_parent(const struct fdt_node *node, struct fdt_controller *controller)
{
    struct fdt_node at = *node;
    struct fdt_property cells;
    uint32_t phandle = 0;
    enum error error;
    while ((error = fdt_property_u32(&at, "interrupt-parent", &phandle)) == E_NOENT) {
        if (at.depth == 0)
            return fdt_refuse(node->fdt, node, "interrupts without a controller");
        at = node_parent(&at);
        if (fdt_property_find(&at, "#interrupt-cells", &cells) == E_OK)
            return controller_read(&at, controller);
    }
    return error == E_OK ? controller_find(node, phandle, controller) : error;
}

static struct fdt_interrupt interrupt_at(struct fdt_controller controller, const uint8_t *specifier)
{
    return (struct fdt_interrupt){
        .controller = controller.phandle,
        .number = fdt_cell(specifier),
        .flags = controller.cells > 1 ? fdt_cell(specifier + 4) : 0,
    };
}

/* Entries of "interrupts-extended": a phandle and as many cells as its controller wants. */
static enum error interrupt_extended(const struct fdt_node *node, const struct fdt_property *list,
                                     unsigned index, struct fdt_interrupt *interrupt)
{
    struct fdt_controller controller;
    uint32_t offset = 0;
    while (list->length - offset >= 4) {
        enum error error = controller_find(node, fdt_cell(list->value + offset), &controller);
        if (error != E_OK)
            return error;
        offset += 4;
        if (list->length - offset < controller.cells * 4)
            return fdt_refuse(node->fdt, node, "interrupts-extended ends inside an entry");
        if (index-- == 0) {
            *interrupt = interrupt_at(controller, list->value + offset);
            return E_OK;
        }
        offset += controller.cells * 4;
    }
    if (offset != list->length)
        return fdt_refuse(node->fdt, node, "interrupts-extended ends inside an entry");
    return E_NOENT;
}

enum error fdt_node_interrupt(const struct fdt_node *node, unsigned index,
                              struct fdt_interrupt *interrupt)
{
    struct fdt_property list;
    struct fdt_controller controller;
    if (fdt_property_find(node, "interrupts-extended", &list) == E_OK)
        return interrupt_extended(node, &list, index, interrupt);
    if (fdt_property_find(node, "interrupts", &list) != E_OK)
        return E_NOENT;
    enum error error = interrupt_parent(node, &controller);
    if (error != E_OK)
        return error;
    uint32_t size = controller.cells * 4;
    if (list.length % size != 0)
        return fdt_refuse(node->fdt, node, "interrupts does not fit the cells of its controller");
    if (index >= list.length / size)
        return E_NOENT;
    *interrupt = interrupt_at(controller, list.value + (size_t)index * size);
    return E_OK;
}

enum error fdt_plic_context(const struct fdt_node *plic, uint32_t controller, uint32_t number,
                            uint32_t *context)
{
    struct fdt_property list;
    enum error error = fdt_property_find(plic, "interrupts-extended", &list);
    if (error != E_OK)
        return error;
    /* The binding of riscv,cpu-intc fixes one cell, so contexts are pairs: no lookup needed. */
    if (list.length % 8 != 0)
        return fdt_refuse(plic->fdt, plic, "the contexts of the PLIC are not pairs");
    for (uint32_t i = 0; i < list.length / 8; i++) {
        const uint8_t *pair = list.value + (size_t)i * 8;
        if (fdt_cell(pair) == controller && fdt_cell(pair + 4) == number) {
            *context = i;
            return E_OK;
        }
    }
    return E_NOENT;
}
