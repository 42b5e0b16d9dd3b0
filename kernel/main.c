/* main.c - the order of start, a call a line. */
#include "kernel/main.h"

#include <string.h>

#include "kernel/boot_memory.h"
#include "kernel/clock.h"
#include "kernel/config.h"
#include "kernel/frame.h"
#include "kernel/futex.h"
#include "kernel/init_start.h"
#include "kernel/klog.h"
#include "kernel/machine.h"
#include "kernel/panic.h"
#include "kernel/riscv/hart.h"
#include "kernel/riscv/kernel_map.h"
#include "kernel/riscv/plic.h"
#include "kernel/riscv/sbi.h"
#include "kernel/riscv/timer.h"
#include "kernel/riscv/tlb.h"
#include "kernel/sched.h"
#include "kernel/space.h"
#include "kernel/thread.h"

enum { PAGES_PER_THREAD = 4 }; /* there are at most as many threads as RAM has so many pages */

/* panic=exit, mmu=...: what must be known before anything can go wrong or is built. */
static enum paging_mode read_arguments(void)
{
    static const char *const names[] = {"sv39", "sv48", "sv57"};
    enum paging_mode mode = PAGING_SV39;
    char value[16] = "";

    if (machine_argument("panic", value, sizeof value))
        panic_set_exit(strcmp(value, "exit") == 0);
    if (!machine_argument("mmu", value, sizeof value))
        return PAGING_SV39;
    while (mode <= PAGING_SV57 && strcmp(value, names[mode - PAGING_SV39]) != 0)
        mode++;
    if (mode > PAGING_SV57) {
        klog("mmu=%s: sv39, sv48 and sv57 are known; using sv39\n", value);
        return PAGING_SV39;
    }
    if (!kernel_map_mode_works(mode)) {
        klog("mmu=%s: this hart does not have it; using sv39\n", value);
        return PAGING_SV39;
    }
    return mode;
}

/* asids=N: no more address-space identifiers than that, so that they run out soon. 0: all. */
static uint64_t read_identifiers(void)
{
    char value[16] = "";
    uint64_t number = 0;

    machine_argument("asids", value, sizeof value);
    for (const char *digit = value; *digit >= '0' && *digit <= '9'; digit++)
        number = number * 10 + (uint64_t)(*digit - '0');
    return number;
}

/* clone=copy|cow|share, vmtrace. */
static void read_space_arguments(void)
{
    char value[16] = "";

    if (machine_argument("clone", value, sizeof value) && !space_set_clone_policy(value))
        klog("clone=%s: copy, cow and share are known; using share\n", value);
    if (machine_argument("vmtrace", value, sizeof value) && strcmp(value, "1") == 0)
        space_trace_events();
}

static void log_machine(const struct hart *hart)
{
    klog("%s: %lu MiB of RAM, %u harts, booted by hart %lu\n", machine.model,
         machine.ram_pages >> (20 - PAGE_BITS), machine.harts, hart->id);
    klog("sv%d with %lu ASIDs; direct map: %lu pages of 1 GiB, %lu of 2 MiB, %lu of 4 KiB\n",
         39 + 9 * (kernel_paging_mode - PAGING_SV39), tlb_identifiers(), kernel_map_leaves[2],
         kernel_map_leaves[1], kernel_map_leaves[0]);
    klog("%lu Hz timebase, timer by %s; %lu of %lu pages free%s\n", machine.timebase_hz,
         timer_is_sstc() ? "Sstc" : "SBI", frame_free_count(), machine.ram_pages,
         DEBUG ? "; DEBUG build" : "");
}

void kernel_main(uint64_t hart_id, uint64_t fdt_physical)
{
    struct hart *hart = hart_self();

    klog("\nOctavo\n");
    hart->id = hart_id;
    machine_read(fdt_physical, hart_id);
    sbi_init();
    enum paging_mode mode = read_arguments();
    read_space_arguments();
    boot_memory_init();
    kernel_map_init(mode, read_identifiers());
    timer_init(machine.sstc);
    clock_init(machine.timebase_hz);
    if (machine.plic.size > 0)
        plic_init((paddr_t){machine.plic.start}, machine.plic_sources, machine.plic_context);
    thread_table_init(machine.ram_pages / PAGES_PER_THREAD);
    sched_init();
    futex_init();
    log_machine(hart);
    init_start();
    harts_start();
}
