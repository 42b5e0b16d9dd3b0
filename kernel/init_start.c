/* init_start.c - the only program that the kernel loads itself. init gets a struct boot_info in a
 * read-only page: a memory and an interrupt handle for each device-tree node, and the initrd. Runs
 * once, before anything else.
 */
#include "kernel/init_start.h"

#include <octavo/cpio.h>
#include <octavo/elf.h>
#include <octavo/memory.h>
#include <string.h>

#include "kernel/frame.h"
#include "kernel/irq.h"
#include "kernel/klog.h"
#include "kernel/machine.h"
#include "kernel/memory.h"
#include "kernel/panic.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/thread.h"

#define STACK_TOP         0x3ffff00000ull
#define BOOT_INFO_ADDRESS 0x3ffff10000ull

enum { INIT_STACK_PAGES = 32, INIT_MEMORY_MAX = 16 << 20 };

static void must(enum error error, const char *what)
{
    if (error != E_OK)
        panic("init: %s: error %d", what, error);
}

static int32_t give(struct process *process, struct object *object, uint32_t rights)
{
    uint64_t handle;
    struct handle_entry entry = {.object = object, .rights = rights};

    must(handle_insert(&process->handles, &entry, 0, &handle), "handle");
    object_release(object);
    return (int32_t)handle;
}

/* --- Devices ---------------------------------------------------------------------------------- */

/* Interrupt controllers and timers are the kernel's own. */
static bool is_kernels(const struct fdt_node *node)
{
    static const char *const own[] = {"riscv,plic0",   "sifive,plic-1.0.0",   "riscv,clint0",
                                      "sifive,clint0", "riscv,aclint-mtimer", "riscv,aclint-mswi"};

    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (fdt_node_compatible(node, own[i]))
            return true;
    return false;
}

/* A tree that calls RAM a device would hand the kernel's memory out; and between two pieces of RAM
 * the kernel takes every address for RAM. */
static bool overlaps_ram(const struct fdt_region *region)
{
    uint64_t start = ppn_address(kernel_window.first).v;
    uint64_t end = start + (kernel_window.pages << PAGE_BITS);

    return region->start < end && start < region->start + region->size;
}

static void give_device(struct process *process, const struct fdt_device *found,
                        struct boot_device *device)
{
    const struct fdt_region *region = &found->region[0];
    const struct fdt_interrupt *interrupt = &found->interrupt[0];
    ppn_t first = paddr_page((paddr_t){region->start});
    uint64_t offset = region->start % PAGE_SIZE;
    const char *compatible;

    strncpy(device->name, fdt_node_name(&found->node), sizeof device->name - 1);
    if (fdt_property_string(&found->node, "compatible", &compatible) != E_OK)
        compatible = "";
    strncpy(device->compatible, compatible, sizeof device->compatible - 1);
    device->size = region->size;
    device->offset = offset;
    struct memory *memory =
        memory_create_device(first, (offset + region->size + PAGE_SIZE - 1) >> PAGE_BITS, true);
    if (memory == NULL)
        panic("init: no memory for device %s", device->name);
    device->memory = give(process, &memory->object, RIGHTS_ALL);
    device->irq = HANDLE_NONE;
    if (found->interrupts == 0 || interrupt->controller != machine.plic_phandle ||
        interrupt->number == 0 || interrupt->number > machine.plic_sources)
        return;
    struct irq *irq = irq_create(interrupt->number);
    if (irq == NULL)
        panic("init: no memory for interrupt %u", interrupt->number);
    device->irq = give(process, &irq->object, RIGHTS_ALL);
}

static void give_devices(struct process *process, struct boot_info *info)
{
    struct fdt_device device = {0};
    enum error error;

    while ((error = fdt_device_next(&machine.fdt, &device)) != E_NOENT) {
        const char *name = fdt_node_name(&device.node);
        if (error != E_OK) {
            klog("device tree: %s: %s, left out\n", name, machine.fdt.complaint);
            continue;
        }
        if (is_kernels(&device.node) || overlaps_ram(&device.region[0]) ||
            device.region[0].size == 0)
            continue;
        if (info->devices == BOOT_DEVICES_MAX) {
            klog("device tree: %s: more than %d devices, left out\n", name, BOOT_DEVICES_MAX);
            continue;
        }
        give_device(process, &device, &info->device[info->devices++]);
    }
}

static void give_initrd(struct process *process, struct boot_info *info)
{
    ppn_t first = paddr_page((paddr_t){machine.initrd.start});
    uint64_t offset = machine.initrd.start % PAGE_SIZE;
    struct memory *memory = memory_create_device(
        first, (offset + machine.initrd.size + PAGE_SIZE - 1) >> PAGE_BITS, false);

    if (memory == NULL)
        panic("init: no memory for the initrd");
    info->initrd = give(process, &memory->object, RIGHTS_ALL);
    info->initrd_offset = offset;
    info->initrd_size = machine.initrd.size;
}

/* --- Program ---------------------------------------------------------------------------------- */

static void load_segment(struct space *space, const char *file, const struct elf_segment *segment)
{
    uint64_t start = segment->address & ~(uint64_t)(PAGE_SIZE - 1);
    uint64_t end = segment->address + segment->memory_size;
    struct page_range range = {vaddr_page((vaddr_t){start}),
                               (end - start + PAGE_SIZE - 1) >> PAGE_BITS};
    uint64_t flags = PTE_U | PTE_R;

    if (segment->flags & ELF_WRITE)
        flags |= PTE_W;
    if (segment->flags & ELF_EXECUTE)
        flags |= PTE_X;
    must(address_space_map(&space->addresses, range, file + segment->offset, segment->file_size,
                           segment->address - start, flags),
         "no memory for the program");
}

static uint64_t load_program(struct space *space)
{
    struct cpio archive = {(const void *)(DIRECT_MAP + machine.initrd.start), machine.initrd.size};
    struct cpio_entry file;
    struct elf_image image;

    if (machine.initrd.size == 0)
        panic("init: the firmware loaded no initrd (QEMU's -initrd)");
    if (cpio_find(&archive, "init", &file) != E_OK)
        panic("init: no such file in the initrd%s%s", file.complaint != NULL ? ": " : "",
              file.complaint != NULL ? file.complaint : "");
    if (elf_read(file.data, file.size, file.size, INIT_MEMORY_MAX, &image) != E_OK)
        panic("init: not a program: %s", image.complaint);
    for (uint32_t i = 0; i < image.count; i++)
        load_segment(space, file.data, &image.segment[i]);
    return image.entry;
}

/* The start block at the top of the stack (docs/userland.md): argc, argv, envp, auxiliary vector.
 */
static uint64_t build_stack(struct space *space)
{
    static const char name[8] = "init";
    struct {
        uint64_t argc, argv[2], envp[1], aux[4];
        char name[8];
    } block = {.argc = 1, .aux = {AUX_BOOT_INFO, BOOT_INFO_ADDRESS, 0, 0}};
    uint64_t sp = STACK_TOP - (sizeof block + 15) / 16 * 16;
    struct page_range range = {
        vpn_add(vaddr_page((vaddr_t){STACK_TOP}), -(uint64_t)INIT_STACK_PAGES), INIT_STACK_PAGES};

    memcpy(block.name, name, sizeof name);
    block.argv[0] = sp + __builtin_offsetof(__typeof__(block), name);
    must(address_space_map(&space->addresses, range, NULL, 0, 0, PTE_U | PTE_R | PTE_W),
         "no memory for the stack");
    must(space_copy_out(space, sp, &block, sizeof block), "stack");
    return sp;
}

static void map_boot_info(struct space *space, const struct boot_info *info)
{
    struct page_range range = {vaddr_page((vaddr_t){BOOT_INFO_ADDRESS}),
                               (sizeof *info + PAGE_SIZE - 1) / PAGE_SIZE};

    must(address_space_map(&space->addresses, range, info, sizeof *info, 0, PTE_U | PTE_R),
         "no memory for the boot information");
}

void init_start(void)
{
    static struct boot_info info;
    struct process *process;
    struct thread *thread;

    must(process_create_init(&process), "no memory for the process");
    uint64_t entry = load_program(process->space);
    memcpy(info.arguments, machine.arguments, sizeof info.arguments);
    give_devices(process, &info);
    give_initrd(process, &info);
    map_boot_info(process->space, &info);
    lock_acquire(&tree_lock);
    must(thread_create(process, NULL, &thread), "no thread");
    lock_release(&tree_lock);
    thread->registers.pc = entry;
    thread->registers.sp = build_stack(process->space);
    sched_ready(thread, false);
    object_release(&thread->object);
}
