#pragma once
/* object.h - what all kernel objects share: a kind and two counts.
 *
 * `references` counts everything that holds a pointer; at zero the record is destroyed. `handles`
 * counts entries of handle tables (and handles on their way in a message) among them: at zero
 * nobody can name the object any more, and its kind may act on that (a channel tells its port, a
 * port fails its callers). Such an object gets no handle again.
 */
#include <octavo/error.h>
#include <octavo/handle.h>
#include <octavo/system.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cache;

struct object {
    uint32_t references; /* atomic */
    uint32_t handles;    /* atomic; HANDLES_GONE: unreachable for ever */
    enum object_kind kind;
};

#define HANDLES_GONE UINT32_MAX

struct object_type {
    const char *name;
    struct cache *cache;                        /* where records come from and go to */
    size_t offset;                              /* of the struct object in the record */
    void (*unreachable)(struct object *object); /* the last handle went; may be NULL */
    void (*destroy)(
        struct object *object); /* the last reference went: undo all but the record; may be NULL */
    bool frees_record;          /* destroy gives the record back, too, perhaps later */
};

/* Each kind's type, defined beside its code. */
extern const struct object_type process_type, thread_type, space_type, port_type, channel_type;
extern const struct object_type event_type, memory_type, irq_type;

/* A zeroed record of a kind with one reference, the caller's. NULL: no memory. */
void *object_create(enum object_kind kind);

/* The record that an object is part of: struct port, struct thread... */
void *object_record(struct object *object);

void object_retain(struct object *object);
void object_release(struct object *object);

/* For who has found the object by a pointer that counts nothing: false if it is being destroyed. */
bool object_try_retain(struct object *object) MUST_USE;

/* A handle more, which is also a reference; the caller has a reference. False: unreachable. */
bool object_add_handle(struct object *object) MUST_USE;

/* A handle less. */
void object_drop_handle(struct object *object);

/* Counts of objects alive, by kind. */
void object_statistics(struct system_objects *objects);
