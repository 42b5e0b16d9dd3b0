#pragma once
/* irq.h - interrupts of devices as objects that signal an event. */
#include "kernel/event.h"

struct irq {
    struct object object;
    uint32_t number;     /* at the interrupt controller */
    struct event *event; /* counted; NULL: not bound, and disabled */
    uint64_t bits;
    bool in_service; /* claimed and not yet acknowledged: the controller keeps it silent */
};

/* An interrupt as an object. NULL: no memory. */
struct irq *irq_create(uint32_t number);

/* From now on the interrupt signals the event. E_BADF: the irq's last handle just went. */
enum error irq_bind(struct irq *irq, struct event *event, uint64_t bits) MUST_USE;

/* The device is quiet: the interrupt may come again. */
void irq_ack(struct irq *irq);

/* The controller raised `number` and has handed it to us. */
void irq_raise(uint32_t number);
