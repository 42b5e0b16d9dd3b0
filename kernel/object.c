/* object.c - counting. The counts are atomic; no lock is held when a kind's functions are called,
 * so they may take what they need.
 */
#include "kernel/object.h"

#include "kernel/cache.h"
#include "kernel/panic.h"

static const struct object_type *const types[OBJECT_KINDS] = {
    [OBJECT_PROCESS] = &process_type, [OBJECT_THREAD] = &thread_type,
    [OBJECT_SPACE] = &space_type,     [OBJECT_PORT] = &port_type,
    [OBJECT_CHANNEL] = &channel_type, [OBJECT_EVENT] = &event_type,
    [OBJECT_MEMORY] = &memory_type,   [OBJECT_IRQ] = &irq_type,
};

void *object_create(enum object_kind kind)
{
    char *record = cache_allocate(types[kind]->cache);

    if (record != NULL)
        *(struct object *)(record + types[kind]->offset) =
            (struct object){.references = 1, .kind = kind};
    return record;
}

void *object_record(struct object *object) { return (char *)object - types[object->kind]->offset; }

void object_retain(struct object *object)
{
    uint32_t before = __atomic_fetch_add(&object->references, 1, __ATOMIC_RELAXED);
    ASSERT(before != 0);
}

void object_release(struct object *object)
{
    uint32_t before = __atomic_fetch_sub(&object->references, 1, __ATOMIC_ACQ_REL);

    ASSERT(before != 0);
    if (before > 1)
        return;
    const struct object_type *type = types[object->kind];
    if (type->destroy != NULL)
        type->destroy(object);
    if (!type->frees_record)
        cache_free(type->cache, object_record(object));
}

bool object_try_retain(struct object *object)
{
    uint32_t before = __atomic_load_n(&object->references, __ATOMIC_RELAXED);

    do {
        if (before == 0)
            return false;
    } while (!__atomic_compare_exchange_n(&object->references, &before, before + 1, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return true;
}

bool object_add_handle(struct object *object)
{
    uint32_t before = __atomic_load_n(&object->handles, __ATOMIC_RELAXED);

    do {
        if (before == HANDLES_GONE)
            return false;
    } while (!__atomic_compare_exchange_n(&object->handles, &before, before + 1, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    object_retain(object);
    return true;
}

/* The count has become zero: does it stay so? */
static bool close_for_ever(struct object *object)
{
    uint32_t none = 0;

    return __atomic_compare_exchange_n(&object->handles, &none, HANDLES_GONE, false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

void object_drop_handle(struct object *object)
{
    const struct object_type *type = types[object->kind];
    uint32_t before = __atomic_fetch_sub(&object->handles, 1, __ATOMIC_ACQ_REL);

    ASSERT(before != 0 && before != HANDLES_GONE);
    if (before == 1 && type->unreachable != NULL && close_for_ever(object))
        type->unreachable(object);
    object_release(object);
}

void object_statistics(struct system_objects *objects)
{
    for (int kind = 0; kind < OBJECT_KINDS; kind++)
        objects->alive[kind] = __atomic_load_n(&types[kind]->cache->alive, __ATOMIC_RELAXED);
}
