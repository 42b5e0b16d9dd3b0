/* fuzz_fdt.c - any bytes as a device tree: nothing outside them is read, every question ends, and
 * what libfdt accepts too means the same to both.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "host/fdt_reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* An answer is one of four, and a refusal has a reason. */
static bool answered(const struct fdt *fdt, enum error error)
{
    if (error != E_OK && error != E_NOENT && error != E_RANGE && error != E_INVAL)
        abort();
    if (error == E_INVAL && !fdt->complaint)
        abort();
    return error == E_OK;
}

static void ask_everything(struct fdt *fdt)
{
    struct fdt_regions regions;
    struct fdt_chosen chosen;
    struct fdt_cpu cpu = {0};
    struct fdt_device device = {0};
    struct fdt_node node;
    uint64_t hertz;
    uint32_t context;
    enum error error;
    answered(fdt, fdt_memory(fdt, &regions));
    answered(fdt, fdt_reserved(fdt, &regions));
    answered(fdt, fdt_timebase(fdt, &hertz));
    if (answered(fdt, fdt_chosen(fdt, &chosen)))
        answered(fdt, fdt_node_find(fdt, chosen.stdout_path, &node));
    while ((error = fdt_cpu_next(fdt, &cpu)) != E_NOENT) {
        if (answered(fdt, error))
            (void)fdt_cpu_has(&cpu, "sstc");
    }
    while ((error = fdt_device_next(fdt, &device)) != E_NOENT) {
        answered(fdt, error);
        answered(fdt, fdt_plic_context(&device.node, 1, 9, &context));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct fdt fdt;
    if (fdt_open(&fdt, bytes, size) != E_OK) {
        if (!fdt.complaint)
            abort();
        return 0;
    }
    ask_everything(&fdt);
    if (fdt_check_full(bytes, size) != 0)
        return 0;
    const char *difference = reference_difference(&fdt, bytes, false);
    if (difference) {
        fprintf(stderr, "%s\n", difference);
        abort();
    }
    return 0;
}
