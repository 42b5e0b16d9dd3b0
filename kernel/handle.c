/* handle.c - handle tables. A table's lock guards its entries; objects are let go of only after it
 * is released, since their end may take any lock.
 */
#include "kernel/handle.h"

#include <string.h>

#include "kernel/frame.h"
#include "kernel/panic.h"
#include "vm/bytes.h"

enum {
    FIXED_HANDLES = HANDLE_LIMIT - HANDLE_FIXED,
    ENTRIES_PER_PAGE = PAGE_SIZE / sizeof(struct handle_entry),
};
_Static_assert(sizeof(struct handle_entry) == 16, "an entry is two words");

static uint32_t entry_index(uint64_t handle)
{
    return (handle + FIXED_HANDLES) & (HANDLE_LIMIT - 1);
}

static uint64_t pages_of(uint32_t capacity) { return capacity / ENTRIES_PER_PAGE; }

static void set_entries(struct handle_table *table, struct handle_entry *entries, uint32_t capacity)
{
    table->entries = entries;
    table->capacity = capacity;
    table->fast_limit = table->shared ? 0 : capacity - FIXED_HANDLES;
}

static enum error entries_allocate(uint32_t capacity, struct handle_entry **entries)
{
    ppn_t first;
    enum error error = frame_allocate(pages_of(capacity), &first);

    if (error == E_OK)
        *entries = frame_pointer(first);
    if (error == E_OK)
        bytes_zero(*entries, capacity * sizeof **entries);
    return error;
}

enum error handle_table_init(struct handle_table *table)
{
    struct handle_entry *entries;
    enum error error = entries_allocate(ENTRIES_PER_PAGE, &entries);

    if (error != E_OK)
        return error;
    lock_init(&table->lock, "handles", RANK_HANDLES);
    set_entries(table, entries, ENTRIES_PER_PAGE);
    table->used = 0;
    table->lowest = FIXED_HANDLES;
    return E_OK;
}

/* How many entries from the first on hold all handles. */
static uint32_t entries_in_use(const struct handle_table *table)
{
    uint32_t end = 0;

    lock_assert_held(&table->lock);
    for (uint32_t seen = 0; seen < table->used; end++)
        seen += table->entries[end].object != NULL;
    return end;
}

/* Copies the first `count` entries, which hold all handles, into an empty table. */
static void copy_entries(struct handle_table *table, const struct handle_table *source,
                         uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (source->entries[i].object == NULL)
            continue;
        table->entries[i] = source->entries[i];
        bool added = object_add_handle(table->entries[i].object);
        ASSERT(added); /* the source has a handle of it */
    }
    table->used = source->used;
    table->lowest = source->lowest;
}

enum error handle_table_clone(struct handle_table *table, struct handle_table *source)
{
    uint32_t capacity = ENTRIES_PER_PAGE; /* a copy need not be as large as its source once was */
    struct handle_entry *entries;

    lock_init(&table->lock, "handles", RANK_HANDLES);
    lock_acquire(&source->lock);
    uint32_t count = entries_in_use(source);
    while (capacity < count)
        capacity *= 2;
    enum error error = entries_allocate(capacity, &entries);
    if (error == E_OK) {
        set_entries(table, entries, capacity);
        copy_entries(table, source, count);
    }
    lock_release(&source->lock);
    return error;
}

void handle_table_set_shared(struct handle_table *table, bool shared)
{
    lock_acquire(&table->lock);
    table->shared = shared;
    set_entries(table, table->entries, table->capacity);
    lock_release(&table->lock);
}

/* Empties an entry. The caller drops the handle of the object returned, once it holds no lock. */
static struct object *entry_clear(struct handle_table *table, uint32_t index)
{
    struct object *object = table->entries[index].object;

    table->entries[index] = (struct handle_entry){0};
    table->used--;
    if (index >= FIXED_HANDLES && index < table->lowest)
        table->lowest = index;
    return object;
}

void handle_table_close(struct handle_table *table, uint32_t flags)
{
    for (uint32_t i = 0; i < table->capacity && table->used > 0; i++) {
        struct object *object = NULL;
        lock_acquire(&table->lock);
        struct handle_entry *entry = &table->entries[i];
        if (entry->object != NULL && (flags == 0 || (entry->flags & flags)))
            object = entry_clear(table, i);
        lock_release(&table->lock);
        if (object != NULL)
            object_drop_handle(object);
    }
}

void handle_table_destroy(struct handle_table *table)
{
    ASSERT(table->used == 0);
    frame_free(frame_of(table->entries), pages_of(table->capacity));
    table->entries = NULL;
}

/* The entry of an open handle, or NULL. */
static struct handle_entry *entry_find(struct handle_table *table, uint64_t handle)
{
    uint32_t index = entry_index(handle);

    lock_assert_held(&table->lock);
    if (handle >= HANDLE_LIMIT || index >= table->capacity)
        return NULL;
    return table->entries[index].object != NULL ? &table->entries[index] : NULL;
}

enum error handle_get(struct handle_table *table, uint64_t handle, struct handle_entry *entry)
{
    lock_acquire(&table->lock);
    const struct handle_entry *found = entry_find(table, handle);
    if (found != NULL) {
        *entry = *found;
        object_retain(entry->object);
    }
    lock_release(&table->lock);
    return found != NULL ? E_OK : E_BADF;
}

enum error handle_find(struct handle_table *table, uint64_t handle, enum object_kind kind,
                       uint32_t rights, void *record)
{
    enum error error = E_OK;

    lock_acquire(&table->lock);
    const struct handle_entry *entry = entry_find(table, handle);
    if (entry == NULL || entry->kind != kind)
        error = E_BADF;
    else if ((entry->rights & rights) != rights)
        error = E_PERM;
    else {
        object_retain(entry->object);
        *(void **)record = object_record(entry->object);
    }
    lock_release(&table->lock);
    return error;
}

/* Makes room for entry `index`. */
static enum error table_grow(struct handle_table *table, uint32_t index)
{
    struct handle_entry *entries;
    uint32_t capacity = table->capacity;

    while (capacity <= index)
        capacity *= 2;
    if (capacity == table->capacity)
        return E_OK;
    enum error error = entries_allocate(capacity, &entries);
    if (error != E_OK)
        return error;
    memcpy(entries, table->entries, table->capacity * sizeof *entries);
    frame_free(frame_of(table->entries), pages_of(table->capacity));
    set_entries(table, entries, capacity);
    return E_OK;
}

static uint32_t fast_bits(const struct handle_entry *entry)
{
    if (entry->kind == OBJECT_CHANNEL && (entry->rights & RIGHT_SEND))
        return FAST_SEND;
    return entry->kind == OBJECT_PORT && (entry->rights & RIGHT_RECV) ? FAST_RECV : 0;
}

/* E_BADF: the object's last handle went a moment ago. */
static enum error entry_fill(struct handle_table *table, uint32_t index,
                             const struct handle_entry *entry)
{
    if (!object_add_handle(entry->object))
        return E_BADF;
    table->entries[index] = *entry;
    table->entries[index].kind = entry->object->kind;
    table->entries[index].fast = fast_bits(&table->entries[index]);
    table->used++;
    return E_OK;
}

static enum error insert_locked(struct handle_table *table, const struct handle_entry *entry,
                                uint64_t minimum, uint64_t *handle)
{
    enum error error;
    uint32_t index = entry_index(minimum);
    bool from_lowest = index <= table->lowest;

    if (from_lowest)
        index = table->lowest;
    while (index < table->capacity && table->entries[index].object != NULL)
        index++;
    error = index == HANDLE_LIMIT ? E_MFILE : table_grow(table, index);
    if (error == E_OK)
        error = entry_fill(table, index, entry);
    if (error != E_OK)
        return error;
    if (from_lowest)
        table->lowest = index + 1;
    *handle = index - FIXED_HANDLES;
    return E_OK;
}

enum error handle_insert(struct handle_table *table, const struct handle_entry *entry,
                         uint64_t minimum, uint64_t *handle)
{
    if (minimum >= HANDLE_FIXED)
        return E_INVAL;
    lock_acquire(&table->lock);
    enum error error = insert_locked(table, entry, minimum, handle);
    lock_release(&table->lock);
    return error;
}

enum error handle_replace(struct handle_table *table, const struct handle_entry *entry,
                          uint64_t handle)
{
    struct object *old = NULL;
    uint32_t index = entry_index(handle);

    if (handle >= HANDLE_LIMIT)
        return E_INVAL;
    lock_acquire(&table->lock);
    enum error error = table_grow(table, index);
    if (error == E_OK) {
        if (table->entries[index].object != NULL)
            old = entry_clear(table, index);
        error = entry_fill(table, index, entry);
    }
    lock_release(&table->lock);
    if (old != NULL)
        object_drop_handle(old);
    return error;
}

enum error handle_close(struct handle_table *table, uint64_t handle)
{
    struct object *object = NULL;

    lock_acquire(&table->lock);
    if (entry_find(table, handle) != NULL)
        object = entry_clear(table, entry_index(handle));
    lock_release(&table->lock);
    if (object == NULL)
        return E_BADF;
    object_drop_handle(object);
    return E_OK;
}

enum error handle_set_flags(struct handle_table *table, uint64_t handle, uint32_t flags)
{
    lock_acquire(&table->lock);
    struct handle_entry *entry = entry_find(table, handle);
    if (entry != NULL)
        entry->flags = flags;
    lock_release(&table->lock);
    return entry != NULL ? E_OK : E_BADF;
}

enum error handle_transfer(struct handle_table *from, uint64_t handle, bool move,
                           struct handle_table *to, uint64_t *received)
{
    struct object *moved = NULL;
    enum error error = E_BADF;

    lock_acquire_both(&from->lock, &to->lock);
    const struct handle_entry *found = entry_find(from, handle);
    if (found != NULL) {
        struct handle_entry entry = *found;
        entry.flags = 0;
        error =
            !move && !(entry.rights & RIGHT_DUP) ? E_PERM : insert_locked(to, &entry, 0, received);
    }
    if (error == E_OK && move)
        moved = entry_clear(from, entry_index(handle));
    lock_release_both(&from->lock, &to->lock);
    if (moved != NULL)
        object_drop_handle(moved);
    return error;
}
