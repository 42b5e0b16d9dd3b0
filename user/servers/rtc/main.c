/* main.c - rtc: the calendar, from a Goldfish real-time clock.
 *
 * The device counts nanoseconds since 1970 in 64 bits. Reading the low half latches the high one;
 * a write of the high half waits for that of the low one (Goldfish virtual hardware, "Goldfish
 * timer"). It is read once: from then on the machine's own clock tells how far it is.
 */
#include <octavo/names.h>
#include <octavo/server.h>

#include <stdio.h>
#include <string.h>

#include "proto/clock.h"
#include "proto/start.h"

enum { TIME_LOW = 0x00, TIME_HIGH = 0x04 }; /* registers, bytes */

static volatile uint32_t *registers;
static uint64_t start_ns; /* since 1970, when clock_get() was 0 */

static uint64_t read_device(void)
{
    uint64_t low = registers[TIME_LOW / sizeof *registers];

    return (uint64_t)registers[TIME_HIGH / sizeof *registers] << 32 | low;
}

static void write_device(uint64_t ns)
{
    registers[TIME_HIGH / sizeof *registers] = (uint32_t)(ns >> 32);
    registers[TIME_LOW / sizeof *registers] = (uint32_t)ns;
}

static long set(uint64_t ns)
{
    uint64_t now = clock_get();

    if (ns < now || ns > INT64_MAX)
        return -E_INVAL;
    write_device(ns);
    start_ns = ns - now;
    return E_OK;
}

static long handle(struct server *server, struct message *request, struct message *reply)
{
    (void)server;
    switch (request->label & MESSAGE_LABEL) {
    case CLOCK_GET_START:
        reply->word[0] = start_ns;
        return E_OK;
    case CLOCK_SET:
        return set(request->word[0]);
    default:
        return -E_NOSYS;
    }
}

/* -> how many devices there are, or a negated error. */
static long map_device(void)
{
    struct boot_device device;
    struct message request = {
        .label = START_GET_DEVICES, .buffer = &device, .length = sizeof device | BUFFER_OUT};
    long count = message_call(HANDLE_NAMES, &request);

    if (count <= 0)
        return count;
    struct mapping mapping = {
        .length = device.offset + device.size,
        .flags = MAP_READ | MAP_WRITE,
        .memory = device.memory,
    };
    long address = vm_map(HANDLE_SPACE, &mapping);
    if (address < 0)
        return address;
    registers = (volatile uint32_t *)((uintptr_t)address + device.offset);
    return count;
}

int main(void)
{
    struct server server = {.port = START_PORT, .handle = handle};
    long result = map_device();

    if (result == 0)
        return 0; /* a machine without a calendar: nobody is called `clock` */
    if (result > 0) {
        start_ns = read_device() - clock_get();
        long channel = channel_create(START_PORT, 0);
        result = channel < 0 ? channel : name_register("clock", (int)channel);
    }
    if (result < 0) {
        fprintf(stderr, "rtc: cannot start: %s\n", strerror((int)-result));
        return 1;
    }
    server_run(&server);
}
