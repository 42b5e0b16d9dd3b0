#pragma once
/* model.h - random operations on address spaces beside an oracle that is too simple to be wrong.
 *
 * The oracle of a space is a flat array: for each page of a small universe, what may be done with
 * it and what stands in it. It knows nothing of tables, sharing or laziness: that those do not show
 * is what is tested. The universe is five windows: four small ones where tables end (the first
 * pages, the end of a root entry, the middle, the end of the lower half) and a large one with room
 * for two pages of 2 MiB and something around them.
 *
 * An operation that fails must have changed nothing that the oracle knows. Besides, each space has
 * what a hart's translation cache might remember of it; what the flush hook does not forget must
 * stay true.
 *
 *   model_start(&machine, mode);     four empty spaces
 *   model_step(chance);              one operation, and a look at what it touched
 *   model_check();                   a look at everything
 *   model_end();                     asserts that nothing leaked
 */
#include "page_owner.h"
#include "vm/events.h"

enum {
    MODEL_SPACES = 4,
    MODEL_WINDOWS = 5,
    MODEL_SMALL = 64,  /* pages of a small window */
    MODEL_BESIDE = 24, /* of the large one, before and after its two large pages */
    MODEL_LARGE = 2 * 512 + 2 * MODEL_BESIDE,
    MODEL_UNIVERSE = (MODEL_WINDOWS - 1) * MODEL_SMALL + MODEL_LARGE,
    MODEL_CALLERS = 64, /* pages that are mapped as the caller's own */
    MODEL_CACHED = 16,
    MODEL_RAM = 8192, /* pages that a machine should have */
};

/* What stands in a page, and who else sees it change. */
enum cell_kind {
    CELL_EMPTY,  /* not mapped */
    CELL_OWN,    /* `words`, and nobody */
    CELL_EXTERN, /* the caller's page: whoever maps it; a clone copies */
    CELL_SHARED, /* the caller's page: whoever maps it, clones too */
    CELL_FILE,   /* an owner's page, which nobody writes: the first write makes it OWN */
    CELL_STORE,  /* an owner's page: whoever maps it, clones too */
};

struct cell {
    enum cell_kind kind;
    uint64_t flags;    /* of the leaf, without the library's */
    uint64_t page;     /* the caller's or the owner's */
    uint64_t words[2]; /* first and last of the page; OWN */
};

/* What a hart may remember of a page: the leaf, and the tables that led to it. */
struct cached {
    size_t cell;
    bool knows_leaf, knows_way; /* still */
    pte_t leaf;                 /* of this very page */
    pte_t tables[TABLE_LEVELS_MAX];
};

struct model_space {
    struct address_space space; /* first: the flush hook is told this */
    struct test_manager manager;
    struct cell cells[MODEL_UNIVERSE];
    struct cached cache[MODEL_CACHED];
};

struct model {
    enum paging_mode mode;
    uint64_t windows[MODEL_WINDOWS]; /* first page of each; the last one is the large one */
    struct machine *machine;
    struct model_space spaces[MODEL_SPACES];
    struct counting_owner sharer; /* of CELL_SHARED */
    struct page_owner file, store;
    ppn_t callers;
    uint64_t callers_words[MODEL_CALLERS][2];
    uint64_t store_words[OWNER_PAGES][2];
    size_t looks;
    struct vm_events events;
    uint64_t injected, outcomes[256]; /* for the report: failures, and how operations ended */
};
extern struct model model;

typedef uint64_t chance_t(uint64_t below);

/* The machine is all free, and used by nobody else until model_end. */
void model_start(struct machine *machine, enum paging_mode mode);
void model_step(chance_t *chance);
void model_check(void);
void model_end(void);

/* --- between model.c and model_steps.c -------------------------------------------------------- */

vpn_t cell_vpn(size_t cell);
/* The words of what stands in the cell now. */
uint64_t *cell_words(struct cell *cell);
/* V and A, and D for W. */
uint64_t leaf_bits(uint64_t flags);

/* Of a mapping, seldom reserved ones. */
uint64_t some_flags(chance_t *chance);
/* Of the universe, from its cell `cell` on. Mostly short; at the end of the lower half, it may
 * leave it. */
struct page_range some_range(chance_t *chance, size_t *cell);

void space_begin(struct model_space *s);

/* What the space says about the cell is what the oracle says. */
void compare_cell(const struct model_space *s, size_t cell);
/* No hart remembers what is not so. */
void compare_cache(const struct model_space *s);
/* A hart has been to the page. */
void remember(struct model_space *s, size_t cell, chance_t *chance);
/* Each frame's count agrees with all spaces, and so do records and owners. */
void compare_counts(void);
