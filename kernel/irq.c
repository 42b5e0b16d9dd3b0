/* irq.c - a claimed interrupt is completed at the controller only when the driver acknowledges it,
 * that is when its device is quiet: a level-triggered line would raise it again at once. One hart
 * takes interrupts, with interrupts off, so there is no lock.
 */
#include "kernel/irq.h"

#include "kernel/cache.h"
#include "kernel/klog.h"
#include "kernel/riscv/plic.h"

static void irq_unreachable(struct object *object);

static struct cache irq_cache = CACHE_INIT(irq_cache, "irq", struct irq);
const struct object_type irq_type = {
    .name = "irq", .cache = &irq_cache, .unreachable = irq_unreachable};

static struct irq *irq_of_number[PLIC_SOURCES_MAX];

struct irq *irq_create(uint32_t number)
{
    struct irq *irq = object_create(OBJECT_IRQ);

    if (irq == NULL)
        return NULL;
    irq->number = number;
    irq_of_number[number] = irq;
    return irq;
}

void irq_ack(struct irq *irq)
{
    if (irq->in_service)
        plic_complete(irq->number);
    irq->in_service = false;
}

void irq_bind(struct irq *irq, struct event *event, uint64_t bits)
{
    struct event *old = irq->event;

    object_retain(&event->object);
    irq->event = event;
    irq->bits = bits;
    plic_enable(irq->number);
    irq_ack(irq); /* what a driver that died left in service */
    if (old != NULL)
        object_release(&old->object);
}

static void irq_unreachable(struct object *object)
{
    struct irq *irq = (struct irq *)object;

    irq_ack(irq);
    plic_disable(irq->number);
    irq_of_number[irq->number] = NULL;
    if (irq->event != NULL)
        object_release(&irq->event->object);
    irq->event = NULL;
}

void irq_raise(uint32_t number)
{
    struct irq *irq = number < PLIC_SOURCES_MAX ? irq_of_number[number] : NULL;

    if (irq == NULL || irq->event == NULL) {
        klog("irq: nobody wants interrupt %u, disabled\n", number);
        plic_complete(number);
        plic_disable(number);
        return;
    }
    irq->in_service = true;
    event_signal(irq->event, irq->bits);
}
