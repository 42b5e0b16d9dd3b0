#pragma once
/* family.h - spaces that are clones of each other, for the tests of single mechanisms of vm/.
 *
 * All on one machine, members[0] first; with an owner of pages, and a note of every flush.
 */
#include "page_owner.h"
#include "vm/events.h"

enum { FAMILY = 4, URW = PTE_U | PTE_R | PTE_W };

struct family {
    struct machine machine;
    struct page_owner owner;
    struct test_manager managers[FAMILY];
    struct address_space members[FAMILY]; /* those whose table.root is not NULL are alive */
    struct vm_events events;
    struct {
        unsigned count;
        struct page_range range; /* the last one */
        enum flush_kind kind;
        struct address_space *space;
    } flushes;
};

/* One member, empty. Not two families at a time. */
void family_init(struct family *family, enum paging_mode mode, uint64_t pages);
/* One more member, empty. */
struct address_space *family_add(struct family *family);
/* One more, a clone of `of`; must succeed. */
struct address_space *family_clone(struct family *family, struct address_space *of,
                                   enum clone_policy policy);
void family_remove(struct family *family, struct address_space *member);
/* Every member is sound, and every frame's count is right. */
void family_check(const struct family *family);
/* Checks, ends all members, and asserts that nothing is left. */
void family_done(struct family *family);

/* Pages of zeroes, found when touched; must succeed. */
void map_zeroes(struct address_space *space, uint64_t start, uint64_t pages, bool large);
/* Pages of the family's owner from its number `offset` on. */
void map_owned_by(struct family *family, struct address_space *space, struct page_range range,
                  uint64_t offset, bool shared);

enum error touch(struct address_space *space, uint64_t vpn, uint64_t access);
/* Writes as the kernel does: a fault, and then through translate. Must succeed. */
void poke(struct address_space *space, uint64_t vpn, unsigned char byte);
/* Reads in the same way. */
unsigned char peek(struct address_space *space, uint64_t vpn);
/* The leaf that a hart would find; zero: none. */
pte_t leaf_of(const struct address_space *space, uint64_t vpn);
