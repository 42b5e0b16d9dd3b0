#pragma once
/* fdt.h - reads the flattened device tree that firmware hands over.
 *
 * Layout: Devicetree Specification v0.4, chapter 5; meaning of nodes and properties: chapters 2
 * and 3. Nothing is allocated or copied: names, strings and values point into the blob, which must
 * stay as it is while they are used. The blob may stand at any alignment and may be malicious:
 * fdt_open checks every token once, so that walking afterwards needs no more checks, and what
 * properties say is checked where it is read. No byte outside [blob, blob + available) is read.
 *
 * Errors: E_NOENT, there is no such node, property or entry; E_INVAL, malformed, and fdt->complaint
 * says how, fdt->complaint_node in which node; E_RANGE, well formed but of no use here, such as an
 * address that the processor cannot reach.
 *
 * Lock: none. One hart reads the tree, at boot.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <octavo/error.h>

enum {
    FDT_DEPTH_MAX = 16,   /* nodes from the root to the deepest one, both counted */
    FDT_CELLS_MAX = 4,    /* of one address, one size or one interrupt */
    FDT_REGIONS_MAX = 32, /* of memory, or reserved in it */
    FDT_DEVICE_REGIONS = 4,
    FDT_DEVICE_INTERRUPTS = 4,
};

/* An interrupt controller, as far as those who name one need it. */
struct fdt_controller {
    uint32_t phandle; /* 0: none */
    uint32_t cells;   /* of one specifier */
};

struct fdt {
    const uint8_t *blob;
    size_t size;             /* bytes of the whole blob, as its header says */
    const uint8_t *reserved; /* memory reservation block */
    const uint8_t *structure;
    uint32_t structure_size;
    const char *strings;
    uint32_t strings_size;
    struct fdt_controller last_controller; /* the one found last by phandle */
    const char *complaint;                 /* what was wrong, for people; NULL: nothing so far */
    const char *complaint_node;            /* name of the node it was found in, or NULL */
};

/* A node and the way to it. Only valid for an opened tree. */
struct fdt_node {
    struct fdt *fdt;
    uint32_t depth;                /* 0: the root */
    uint32_t chain[FDT_DEPTH_MAX]; /* offsets in the structure block: root, ..., the node itself */
};

struct fdt_property {
    const char *name;
    const uint8_t *value;
    uint32_t length; /* of value, bytes */
};

/* Checks header, reservations and structure of the blob, of which `available` bytes are readable,
 * and makes *fdt a reader of it. E_INVAL: malformed, of an unknown version, larger than
 * `available` or deeper than FDT_DEPTH_MAX; then only the complaint may be used. */
enum error fdt_open(struct fdt *fdt, const void *blob, size_t available) MUST_USE;

/* --- Nodes ------------------------------------------------------------------------------------ */

struct fdt_node fdt_root(struct fdt *fdt);

/* The name with its unit address ("serial@10000000"); "" for the root. */
const char *fdt_node_name(const struct fdt_node *node);

/* Writes the path from the root ("/soc/serial@10000000"). E_NAMETOOLONG. */
enum error fdt_node_path(const struct fdt_node *node, char *path, size_t size) MUST_USE;

/* Moves to the next node of the whole tree, depth first. False, and nothing moves, at the end. */
bool fdt_node_next(struct fdt_node *node);

/* The same, but passes over everything inside the node. */
bool fdt_node_skip(struct fdt_node *node);

/* The first child of `parent`; the next sibling of *node, which moves there. False: none. */
bool fdt_node_child(const struct fdt_node *parent, struct fdt_node *child);
bool fdt_node_sibling(struct fdt_node *node);

/* Finds a node by path. A component without unit address matches the first node of that name; a
 * path without leading slash starts with an alias (§3.3); what follows a ':' is not looked at
 * (options, §3.6). E_NOENT. */
enum error fdt_node_find(struct fdt *fdt, const char *path, struct fdt_node *node) MUST_USE;

/* Finds a node by phandle. E_NOENT. */
enum error fdt_node_by_phandle(struct fdt *fdt, uint32_t phandle, struct fdt_node *node) MUST_USE;

/* The phandle of the node, 0 if it has none. */
uint32_t fdt_node_phandle(const struct fdt_node *node);

/* Whether the status is "okay" or not given (§2.3.4). */
bool fdt_node_available(const struct fdt_node *node);

/* Whether "compatible" lists `name`. */
bool fdt_node_compatible(const struct fdt_node *node, const char *name);

/* --- Properties ------------------------------------------------------------------------------- */

/* The properties of a node one after the other: *cursor starts as 0. False: no more. */
bool fdt_property_next(const struct fdt_node *node, uint32_t *cursor,
                       struct fdt_property *property);

/* One property. E_NOENT; in the typed ones also E_INVAL when the value has not that form. */
enum error fdt_property_find(const struct fdt_node *node, const char *name,
                             struct fdt_property *property) MUST_USE;
enum error fdt_property_u32(const struct fdt_node *node, const char *name,
                            uint32_t *value) MUST_USE;
/* A number of one or of two cells. */
enum error fdt_property_u64(const struct fdt_node *node, const char *name,
                            uint64_t *value) MUST_USE;
/* A string; of a list of strings, the first. */
enum error fdt_property_string(const struct fdt_node *node, const char *name,
                               const char **value) MUST_USE;

/* Whether the list of strings holds `text`; false also if there is no such property. */
bool fdt_property_lists(const struct fdt_node *node, const char *name, const char *text);

/* Records what is wrong with a node (NULL: with the blob) and gives E_INVAL. */
enum error fdt_refuse(struct fdt *fdt, const struct fdt_node *node, const char *complaint);

/* The 32-bit big-endian number at any address. */
uint32_t fdt_cell(const uint8_t *bytes);

/* --- Addresses and interrupts ----------------------------------------------------------------- */

struct fdt_region {
    uint64_t start, size; /* bytes; start + size does not wrap */
};

/* The index-th entry of "reg", as its bus numbers it (a hart id has size 0). E_NOENT: there are no
 * more; E_RANGE: it needs more than 64 bits; E_INVAL. */
enum error fdt_node_reg(const struct fdt_node *node, unsigned index,
                        struct fdt_region *region) MUST_USE;

/* The same, translated by the "ranges" of each parent to what the processor sees (§2.3.8).
 * E_RANGE: a bus on the way does not let the processor through. */
enum error fdt_node_region(const struct fdt_node *node, unsigned index,
                           struct fdt_region *region) MUST_USE;

struct fdt_interrupt {
    uint32_t controller; /* phandle, 0: the controller has none */
    uint32_t number;     /* first cell of the specifier */
    uint32_t flags;      /* second cell, 0: there is none */
};

/* The index-th interrupt, from "interrupts-extended", else from "interrupts" and the inherited
 * "interrupt-parent" (§2.4.1). An interrupt-map on the way is not followed. E_NOENT, E_INVAL. */
enum error fdt_node_interrupt(const struct fdt_node *node, unsigned index,
                              struct fdt_interrupt *interrupt) MUST_USE;

/* --- What the boot asks ----------------------------------------------------------------------- */

struct fdt_regions {
    size_t count;
    struct fdt_region entry[FDT_REGIONS_MAX];
};

/* The memory of the machine, in the order of the tree, empty entries left out. E_INVAL: malformed,
 * none, or too many; E_RANGE. */
enum error fdt_memory(struct fdt *fdt, struct fdt_regions *regions) MUST_USE;

/* What must stay untouched in it: the reservation block (§5.3), then the children of
 * /reserved-memory that have a fixed place (§3.5). They may overlap. E_INVAL, E_RANGE. */
enum error fdt_reserved(struct fdt *fdt, struct fdt_regions *regions) MUST_USE;

struct fdt_chosen {
    const char *bootargs;     /* "": none */
    const char *stdout_path;  /* for fdt_node_find; "": none */
    struct fdt_region initrd; /* size 0: none */
};

/* What firmware chose (§3.6). A tree without /chosen gives the defaults. E_INVAL. */
enum error fdt_chosen(struct fdt *fdt, struct fdt_chosen *chosen) MUST_USE;

/* Ticks of the `time` counter in one second. E_NOENT, E_INVAL (also zero). */
enum error fdt_timebase(struct fdt *fdt, uint64_t *hertz) MUST_USE;

struct fdt_cpu {
    struct fdt_node node;
    uint64_t hart;
    bool available;                /* by its status */
    const char *mmu_type;          /* "riscv,sv39"...; "": no MMU */
    uint32_t interrupt_controller; /* phandle of the hart's own controller, 0: none */
};

/* The harts in the order of the tree; a zeroed *cpu starts. E_NOENT: no more; E_INVAL: this one is
 * malformed, the next call goes on behind it. */
enum error fdt_cpu_next(struct fdt *fdt, struct fdt_cpu *cpu) MUST_USE;

/* Whether the hart has an extension: a letter or a lower-case name ("sstc"), looked up in
 * "riscv,isa-extensions" if given, else in "riscv,isa". */
bool fdt_cpu_has(const struct fdt_cpu *cpu, const char *extension);

/* The PLIC context that raises interrupt `number` (9: supervisor external) in the hart whose
 * interrupt controller has this phandle. E_NOENT, E_INVAL. */
enum error fdt_plic_context(const struct fdt_node *plic, uint32_t controller, uint32_t number,
                            uint32_t *context) MUST_USE;

struct fdt_device {
    struct fdt_node node;
    uint32_t regions, interrupts; /* how many of these are filled; the device may have more */
    struct fdt_region region[FDT_DEVICE_REGIONS];
    struct fdt_interrupt interrupt[FDT_DEVICE_INTERRUPTS];
};

/* The devices of the machine in the order of the tree: nodes with "compatible" and at least one
 * region that the processor reaches, that are available and stand on an available bus. A zeroed
 * *device starts. E_NOENT: no more; E_INVAL: device->node is malformed, the next call goes on
 * behind it. */
enum error fdt_device_next(struct fdt *fdt, struct fdt_device *device) MUST_USE;
