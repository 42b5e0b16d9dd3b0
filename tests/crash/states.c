/* states.c - see states.h. */
#include "states.h"

/* An epoch: events [first, end) of the log, with no flush among them. */
struct epoch {
    size_t first, end;
    uint64_t marked; /* before the first */
};

static void apply(const struct crash_plan *plan, const struct disk_event *event)
{
    memory_disk_put(plan->disk, event->offset, event->length, plan->log->bytes + event->at);
}

/* Of a torn write: its begin, its end, or any of its sectors. */
static void apply_torn(const struct crash_plan *plan, const struct disk_event *event)
{
    const size_t sectors = event->length / DISK_SECTOR;
    const size_t kind = chance_below(plan->chance, 3);
    const size_t cut = chance_below(plan->chance, sectors + 1);

    for (size_t i = 0; i < sectors; i++) {
        const bool there = kind == 0   ? i < cut
                           : kind == 1 ? i >= cut
                                       : chance_below(plan->chance, 2) == 0;

        if (there)
            memory_disk_put(plan->disk, event->offset + i * DISK_SECTOR, DISK_SECTOR,
                            plan->log->bytes + event->at + i * DISK_SECTOR);
    }
}

static void check(const struct crash_plan *plan, const struct crash_point *point)
{
    const size_t here = memory_disk_here(plan->disk);

    plan->check(plan->context, plan->disk, point);
    memory_disk_take_back(plan->disk, here);
}

/* The mark that holds when the power goes before event `end`. */
static uint64_t marked_before(const struct disk_log *log, const struct epoch *epoch, size_t end)
{
    uint64_t marked = epoch->marked;

    for (size_t i = epoch->first; i < end; i++)
        if (log->event[i].kind == DISK_MARK)
            marked = log->event[i].value;
    return marked;
}

/* Some writes of the epoch got there, of those that were issued until some point. */
static void visit_chosen(const struct crash_plan *plan, const struct epoch *epoch)
{
    const size_t here = memory_disk_here(plan->disk);
    const size_t length = epoch->end - epoch->first;
    const size_t issued = epoch->first + 1 + chance_below(plan->chance, length);
    /* Few are missing, or few are there, or half of them. */
    const size_t odds = (size_t[]){1, 4, 7}[chance_below(plan->chance, 3)];

    for (size_t i = epoch->first; i < issued; i++) {
        const struct disk_event *event = &plan->log->event[i];

        if (event->kind != DISK_WRITE || chance_below(plan->chance, 8) >= odds)
            continue;
        if (chance_below(plan->chance, 3) == 0)
            apply_torn(plan, event);
        else
            apply(plan, event);
    }
    check(plan, &(struct crash_point){issued, marked_before(plan->log, epoch, issued), false});
    memory_disk_take_back(plan->disk, here);
}

static size_t visit_epoch(const struct crash_plan *plan, const struct epoch *epoch)
{
    size_t visited = 0, last = epoch->end, writes = 0;

    for (size_t i = epoch->first; i < epoch->end; i++)
        if (plan->log->event[i].kind == DISK_WRITE) {
            last = i;
            writes++;
        }
    for (size_t i = 0; i < plan->chosen && writes > 0; i++, visited++)
        visit_chosen(plan, epoch);
    for (size_t i = epoch->first; i < epoch->end; i++) {
        if (plan->log->event[i].kind != DISK_WRITE)
            continue;
        apply(plan, &plan->log->event[i]);
        if (i != last && chance_below(plan->chance, plan->every) != 0)
            continue;
        check(plan, &(struct crash_point){i + 1, marked_before(plan->log, epoch, i + 1), true});
        visited++;
    }
    return visited;
}

size_t crash_states(const struct crash_plan *plan)
{
    const size_t here = memory_disk_here(plan->disk);
    const struct disk_log *log = plan->log;
    struct epoch epoch = {0};
    size_t visited = 0;

    while (epoch.first < log->count) {
        for (epoch.end = epoch.first; epoch.end < log->count; epoch.end++)
            if (log->event[epoch.end].kind == DISK_FLUSH)
                break;
        visited += visit_epoch(plan, &epoch);
        epoch.marked = marked_before(log, &epoch, epoch.end);
        epoch.first = epoch.end + 1;
    }
    memory_disk_take_back(plan->disk, here);
    return visited;
}

void crash_one_state(const struct disk_log *log, struct chance *chance, uint8_t *bytes)
{
    const size_t issued = chance_below(chance, log->count + 1);
    size_t safe = issued;

    while (safe > 0 && log->event[safe - 1].kind != DISK_FLUSH)
        safe--;
    for (size_t i = 0; i < issued; i++) {
        const struct disk_event *event = &log->event[i];

        for (uint64_t at = 0; event->kind == DISK_WRITE && at < event->length; at += DISK_SECTOR)
            if (i < safe || chance_below(chance, 4) != 0)
                memcpy(bytes + event->offset + at, log->bytes + event->at + at, DISK_SECTOR);
    }
}
