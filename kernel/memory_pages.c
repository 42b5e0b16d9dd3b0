/* memory_pages.c - see memory_pages.h. Entries of inner tables are pointers' page numbers. */
#include "kernel/memory_pages.h"

#include <string.h>

#include "kernel/frame.h"
#include "vm/page_table.h"

void memory_pages_init(struct memory_pages *tree, uint64_t pages)
{
    *tree = (struct memory_pages){0};
    while (level_pages(tree->level + 1) < pages)
        tree->level++;
}

static pte_t *table_behind(pte_t entry)
{
    return entry.v != 0 ? frame_pointer(pte_ppn(entry)) : NULL;
}

static pte_t *table_make(void)
{
    ppn_t page;
    const enum error error = frame_allocate(1, &page);

    return error == E_OK ? memset(frame_pointer(page), 0, PAGE_SIZE) : NULL;
}

pte_t *memory_pages_find(const struct memory_pages *tree, uint64_t index)
{
    pte_t *table = tree->root;

    for (unsigned level = tree->level; level > 0 && table != NULL; level--)
        table = table_behind(table[vpn_index((vpn_t){index}, level)]);
    return table != NULL ? &table[vpn_index((vpn_t){index}, 0)] : NULL;
}

pte_t *memory_pages_reach(struct memory_pages *tree, uint64_t index)
{
    if (tree->root == NULL)
        tree->root = table_make();
    pte_t *table = tree->root;
    for (unsigned level = tree->level; level > 0 && table != NULL; level--) {
        pte_t *entry = &table[vpn_index((vpn_t){index}, level)];
        table = table_behind(*entry);
        if (table == NULL && (table = table_make()) != NULL)
            *entry = pte_make(frame_of(table), PAGE_THERE);
    }
    return table != NULL ? &table[vpn_index((vpn_t){index}, 0)] : NULL;
}

static uint64_t free_table(pte_t *table, unsigned level)
{
    uint64_t pages = 0;

    for (size_t i = 0; i < TABLE_ENTRIES; i++) {
        if (table[i].v == 0)
            continue;
        if (level > 0) {
            pages += free_table(table_behind(table[i]), level - 1);
        } else {
            frame_drop(pte_ppn(table[i]));
            pages++;
        }
    }
    frame_free(frame_of(table), 1);
    return pages;
}

uint64_t memory_pages_free(struct memory_pages *tree)
{
    const uint64_t pages = tree->root != NULL ? free_table(tree->root, tree->level) : 0;

    tree->root = NULL;
    return pages;
}
