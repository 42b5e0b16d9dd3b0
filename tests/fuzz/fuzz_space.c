/* fuzz_space.c - any bytes as operations on address spaces: what tests/host/model.h says of random
 * ones holds for those that somebody chose. The first byte is the paging mode.
 */
#include <stdint.h>
#include <string.h>

#include "host/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct {
    const uint8_t *next, *end;
} input;

/* Takes as many bytes as the choice needs. Behind the end, all is zero. */
static uint64_t chance(uint64_t below)
{
    const size_t wanted = below <= 256 ? 1 : below <= 65536 ? 2 : 8;
    const size_t left = input.end - input.next;
    const size_t taken = left < wanted ? left : wanted;
    uint64_t chosen = 0;

    memcpy(&chosen, input.next, taken);
    input.next += taken;
    return chosen % below;
}

/* The same machine for all inputs, as if it were new but for what is in its memory. */
static struct machine *empty_machine(void)
{
    static struct machine machine;
    const ppn_t first = {MACHINE_FIRST_PAGE};

    if (!machine.ram)
        machine_init(&machine, MODEL_RAM);
    memset(machine.frames, 0, MODEL_RAM * sizeof *machine.frames);
    buddy_init(&machine.buddy, first, MODEL_RAM, machine.frames);
    assert_int_equal(buddy_add(&machine.buddy, first, MODEL_RAM), E_OK);
    return &machine;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const enum paging_mode modes[] = {PAGING_SV39, PAGING_SV48, PAGING_SV57};

    input.next = bytes;
    input.end = bytes + size;
    model_start(empty_machine(), modes[chance(3)]);
    while (input.next < input.end)
        model_step(chance);
    model_end();
    return 0;
}
