/* irq.c - a claimed interrupt is completed at the controller only when the driver acknowledges it,
 * that is when its device is quiet: a level-triggered line would raise it again at once. The boot
 * hart takes the interrupts of devices; drivers acknowledge them on any hart. irq_lock guards all
 * irq objects and the controller.
 */
#include "kernel/irq.h"

#include "kernel/cache.h"
#include "kernel/klog.h"
#include "kernel/riscv/plic.h"

static void irq_unreachable(struct object *object);

static struct cache irq_cache = CACHE_INIT(irq_cache, "irq", struct irq);
const struct object_type irq_type = {
    .name = "irq", .cache = &irq_cache, .unreachable = irq_unreachable};

static struct lock irq_lock = LOCK_INIT("irq", RANK_BIND);
static struct irq *irq_of_number[PLIC_SOURCES_MAX]; /* irq_lock */

struct irq *irq_create(uint32_t number)
{
    struct irq *irq = object_create(OBJECT_IRQ);

    if (irq == NULL)
        return NULL;
    irq->number = number;
    lock_acquire(&irq_lock);
    irq_of_number[number] = irq;
    lock_release(&irq_lock);
    return irq;
}

static void ack_locked(struct irq *irq)
{
    lock_assert_held(&irq_lock);
    if (irq->in_service)
        plic_complete(irq->number);
    irq->in_service = false;
}

void irq_ack(struct irq *irq)
{
    lock_acquire(&irq_lock);
    ack_locked(irq);
    lock_release(&irq_lock);
}

enum error irq_bind(struct irq *irq, struct event *event, uint64_t bits)
{
    lock_acquire(&irq_lock);
    if (irq_of_number[irq->number] != irq) { /* its last handle went a moment ago */
        lock_release(&irq_lock);
        return E_BADF;
    }
    struct event *old = irq->event;
    object_retain(&event->object);
    irq->event = event;
    irq->bits = bits;
    plic_enable(irq->number);
    ack_locked(irq); /* what a driver that died left in service */
    lock_release(&irq_lock);
    if (old != NULL)
        object_release(&old->object);
    return E_OK;
}

static void irq_unreachable(struct object *object)
{
    struct irq *irq = (struct irq *)object;

    lock_acquire(&irq_lock);
    ack_locked(irq);
    plic_disable(irq->number);
    irq_of_number[irq->number] = NULL;
    struct event *event = irq->event;
    irq->event = NULL;
    lock_release(&irq_lock);
    if (event != NULL)
        object_release(&event->object);
}

/* The event to signal, counted, and its bits; NULL: nobody wants the interrupt, which is disabled.
 */
static struct event *serve(uint32_t number, uint64_t *bits)
{
    struct event *event = NULL;

    lock_acquire(&irq_lock);
    struct irq *irq = number < PLIC_SOURCES_MAX ? irq_of_number[number] : NULL;
    if (irq != NULL && irq->event != NULL) {
        irq->in_service = true;
        event = irq->event;
        *bits = irq->bits;
        object_retain(&event->object);
    } else {
        plic_complete(number);
        plic_disable(number);
    }
    lock_release(&irq_lock);
    return event;
}

void irq_raise(uint32_t number)
{
    uint64_t bits = 0;
    struct event *event = serve(number, &bits);

    if (event == NULL) {
        klog("irq: nobody wants interrupt %u, disabled\n", number);
        return;
    }
    event_signal(event, bits);
    object_release(&event->object);
}
