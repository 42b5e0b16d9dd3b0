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
    cache_free(type->cache, object_record(object));
}

void object_add_handle(struct object *object)
{
    object_retain(object);
    __atomic_fetch_add(&object->handles, 1, __ATOMIC_RELAXED);
}

void object_drop_handle(struct object *object)
{
    uint32_t before = __atomic_fetch_sub(&object->handles, 1, __ATOMIC_ACQ_REL);

    ASSERT(before != 0);
    if (before == 1 && types[object->kind]->unreachable != NULL)
        types[object->kind]->unreachable(object);
    object_release(object);
}

void object_statistics(struct system_objects *objects)
{
    for (int kind = 0; kind < OBJECT_KINDS; kind++)
        objects->alive[kind] = __atomic_load_n(&types[kind]->cache->alive, __ATOMIC_RELAXED);
}
