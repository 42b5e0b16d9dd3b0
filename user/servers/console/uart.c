/* uart.c - driver of a 16550 serial port.
 *
 * Invariant after each function: an interrupt is enabled for everything that is waited for. `ring`
 * or the device holds bytes: "transmitter empty" is enabled; input is accepted: "received data" is.
 */
#include "uart.h"

#include <octavo/calls.h>

#include "ring.h"

/* Registers, one byte each (data sheet, table "Summary of Registers"). */
enum {
    RBR = 0, /* read: receiver buffer */
    THR = 0, /* write: transmitter holding register */
    IER = 1, /* interrupt enable */
    FCR = 2, /* write: FIFO control */
    LCR = 3, /* line control */
    MCR = 4, /* modem control */
    LSR = 5, /* line status */
};

enum {
    IER_RECEIVED_DATA = 1 << 0,
    IER_TRANSMITTER_EMPTY = 1 << 1,
    FCR_ENABLE = 1 << 0,         /* writing it again empties nothing; trigger level: one byte */
    LCR_8_BITS = 3 << 0,         /* no parity, one stop bit, divisor latch not shown */
    MCR_READY = 1 << 0 | 1 << 1, /* data terminal ready, request to send */
    MCR_OUT2 = 1 << 3,           /* lets the interrupt out of the chip on PC-like boards */
    LSR_DATA_READY = 1 << 0,
    LSR_TRANSMITTER_EMPTY = 1 << 5, /* the holding register, or the whole FIFO */
    FIFO_SIZE = 16,
};

static volatile uint8_t *registers;
static int irq;
static struct ring ring;      /* to send */
static bool device_is_filled; /* with bytes of which we have not seen that they are gone */
static bool input_is_accepted = true;

static void enable_interrupts(void)
{
    registers[IER] = (input_is_accepted ? IER_RECEIVED_DATA : 0) |
                     (device_is_filled ? IER_TRANSMITTER_EMPTY : 0);
}

/* Feeds the device if it is empty. Its FIFO takes 16 bytes then. */
static void transmit(void)
{
    if ((registers[LSR] & LSR_TRANSMITTER_EMPTY) != 0) {
        device_is_filled = ring_count(&ring) > 0;
        for (int i = 0; i < FIFO_SIZE && ring_count(&ring) > 0; i++)
            registers[THR] = ring_get(&ring);
    }
    enable_interrupts();
}

enum error uart_init(const struct boot_device *device, int event, uint64_t bits)
{
    struct mapping mapping = {
        .length = device->offset + device->size,
        .flags = MAP_READ | MAP_WRITE,
        .memory = device->memory,
    };
    long address = vm_map(HANDLE_SPACE, &mapping);

    if (address < 0)
        return (enum error) - address;
    registers = (volatile uint8_t *)address + device->offset;
    irq = device->irq;

    registers[IER] = 0;
    registers[LCR] = LCR_8_BITS;
    registers[FCR] = FCR_ENABLE;
    registers[MCR] = MCR_READY | MCR_OUT2;
    long result = irq_bind(irq, event, bits);
    if (result < 0)
        return (enum error) - result;
    enable_interrupts();
    return E_OK;
}

void uart_interrupt(void)
{
    transmit();
    (void)irq_ack(irq); /* fails only for a handle that is no interrupt */
}

bool uart_get(uint8_t *byte)
{
    if ((registers[LSR] & LSR_DATA_READY) == 0)
        return false;
    *byte = registers[RBR];
    return true;
}

void uart_accept_input(bool accept)
{
    input_is_accepted = accept;
    enable_interrupts();
}

size_t uart_room(void) { return ring_room(&ring); }

void uart_put(const void *bytes, size_t count)
{
    const uint8_t *byte = bytes;

    for (size_t i = 0; i < count; i++)
        ring_put(&ring, byte[i]);
    /* A device that works will ask for more. To look now whether it wants more already would be
     * polling, and on a fast one never end. */
    if (!device_is_filled)
        transmit();
}

bool uart_is_drained(void) { return ring_count(&ring) == 0 && !device_is_filled; }
