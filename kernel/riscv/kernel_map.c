/* kernel_map.c - builds the kernel half through vm/'s own page-table code. Runs once, on one hart.
 */
#include "kernel/riscv/kernel_map.h"

#include "kernel/frame.h"
#include "kernel/machine.h"
#include "kernel/panic.h"
#include "kernel/riscv/layout.h"
#include "kernel/riscv/tlb.h"

#define KERNEL_FLAGS (PTE_V | PTE_G | PTE_A | PTE_R)
#define KERNEL_DATA  (KERNEL_FLAGS | PTE_W | PTE_D)
#define KERNEL_TEXT  (KERNEL_FLAGS | PTE_X)

extern char __text_start[], __text_end[], __rodata_start[], __rodata_end[];
extern char __data_start[], __kernel_end[], hart_stacks[], emergency_stacks[];
extern pte_t boot_table[];

enum paging_mode kernel_paging_mode = PAGING_SV39;
uint64_t kernel_map_leaves[3];

static struct direct_map kernel_pages;
static struct page_table kernel_table;

/* Roots above the boot table: its 512 GiB are the last ones of Sv48, and those of Sv57. */
static pte_t probe_tables[2][TABLE_ENTRIES] __attribute__((aligned(PAGE_SIZE)));

static ppn_t image_page(const void *address)
{
    return paddr_page((paddr_t){(uintptr_t)address - KERNEL_OFFSET});
}

bool kernel_map_mode_works(enum paging_mode mode)
{
    ppn_t root = image_page(boot_table);

    for (int level = PAGING_SV39; level < (int)mode; level++) {
        pte_t *table = probe_tables[level - PAGING_SV39];
        table[TABLE_ENTRIES - 1] = pte_make(root, PTE_V);
        root = image_page(table);
    }
    return tlb_mode_works(mode, root);
}

/* Maps [start, end) of physical memory at virtual address `at`, with the largest pages that
 * alignment allows. */
static void map(uint64_t at, uint64_t start, uint64_t end, uint64_t flags)
{
    vpn_t vpn = vaddr_page((vaddr_t){at});
    ppn_t ppn = paddr_page((paddr_t){start});
    uint64_t pages = paddr_page((paddr_t){end}).v - ppn.v;

    while (pages > 0) {
        unsigned level = 2;
        while (level_pages(level) > pages || (vpn.v | ppn.v) % level_pages(level) != 0)
            level--;
        uint64_t step = level_pages(level);
        struct page_range range = {vpn, step};
        enum error error = page_table_map(&kernel_table, range, ppn, flags, level);
        if (error != E_OK)
            panic("kernel map: error %d at %#lx", error, at);
        kernel_map_leaves[level]++;
        vpn = vpn_add(vpn, step);
        ppn = ppn_add(ppn, step);
        pages -= step;
    }
}

static void map_direct(uint64_t start, uint64_t end, uint64_t flags)
{
    if (start < end)
        map(DIRECT_MAP + start, start, end, flags);
}

static void map_device(const struct fdt_region *region)
{
    map_direct(region->start & ~(uint64_t)(PAGE_SIZE - 1),
               (region->start + region->size + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1),
               KERNEL_DATA);
}

/* RAM, writable but where the image's text and read-only data are. */
static void map_ram(uint64_t start, uint64_t end)
{
    const uint64_t constant_start = (uintptr_t)__text_start - KERNEL_OFFSET;
    const uint64_t constant_end = (uintptr_t)__rodata_end - KERNEL_OFFSET;

    if (constant_start < start || constant_end > end) {
        map_direct(start, end, KERNEL_DATA);
        return;
    }
    map_direct(start, constant_start, KERNEL_DATA);
    map_direct(constant_start, constant_end, KERNEL_FLAGS);
    map_direct(constant_end, end, KERNEL_DATA);
}

static void map_image(const char *start, const char *end, uint64_t flags)
{
    map((uintptr_t)start, (uintptr_t)start - KERNEL_OFFSET, (uintptr_t)end - KERNEL_OFFSET, flags);
}

/* Data and bss; the page below each hart's stack stays unmapped, so that an overflow traps. */
static void map_data(void)
{
    map_image(__data_start, hart_stacks, KERNEL_DATA);
    for (int i = 0; i < HARTS_MAX; i++) {
        const char *stack = hart_stacks + i * STACK_STRIDE + STACK_GUARD;
        map_image(stack, stack + STACK_SIZE, KERNEL_DATA);
    }
    map_image(emergency_stacks, __kernel_end, KERNEL_DATA);
}

void kernel_map_init(enum paging_mode mode, uint64_t identifiers)
{
    const uint64_t window = DIRECT_MAP_END - DIRECT_MAP;

    kernel_paging_mode = mode;
    direct_map_init(&kernel_pages, &kernel_window);
    enum error error = kernel_pages.manager.operations->new_root(&kernel_pages.manager);
    ASSERT(error == E_OK);
    kernel_table = page_table_of(&kernel_pages.manager, mode);
    for (size_t i = 0; i < machine.ram.count; i++) {
        uint64_t start = machine.ram.entry[i].start, end = start + machine.ram.entry[i].size;
        map_ram((start + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1), end < window ? end : window);
    }
    map_device(&machine.plic);
    map_device(&machine.finisher);
    map_image(__text_start, __text_end, KERNEL_TEXT);
    map_image(__rodata_start, __rodata_end, KERNEL_FLAGS);
    map_data();
    kernel_window.kernel_half = kernel_pages.root;
    tlb_init(mode, frame_of(kernel_pages.root), identifiers);
}
