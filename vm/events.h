#pragma once
/* events.h - what happens behind a space's back, counted, and told to whoever listens. */
#include "address.h"

enum vm_event {
    VM_ZERO_FILLED, /* a page of zeroes was found for a fault */
    VM_ZERO_FILLED_LARGE,
    VM_OWNER_FILLED, /* an owner found the page */
    VM_COPIED,       /* a shared page was copied for one who writes */
    VM_LAST_SHARER,  /* a page was written in place: nobody shared it any more */
    VM_TABLE_SHARED, /* a table became shared */
    VM_TABLE_COPIED, /* a shared table was copied for one who came to it */
    VM_TABLE_TAKEN,  /* the last who had a shared table came to it */
    VM_SPLIT,        /* a larger page became small ones */
    VM_STALE,        /* a fault at a page that is as it should be */
    VM_EVENTS,
};

struct vm_events {
    uint64_t count[VM_EVENTS];
    void (*happened)(struct vm_events *events, enum vm_event event, vpn_t vpn); /* or NULL */
};

static inline void vm_event(struct vm_events *events, enum vm_event event, vpn_t vpn)
{
    if (!events)
        return;
    __atomic_fetch_add(&events->count[event], 1, __ATOMIC_RELAXED);
    if (events->happened)
        events->happened(events, event, vpn);
}
