/* seeds.c - writes QEMU's device trees into a folder, for fuzz_fdt to start from.
 * usage: seeds FOLDER
 */
#include <stdio.h>

#include "host/fdt_trees.h"

int main(int argc, char **argv)
{
    for (int i = 0; argc == 2 && i < TREES; i++) {
        if (trees[i].harts > 2) /* small ones are varied faster */
            continue;
        char path[256];
        struct block tree = tree_make(&trees[i]);
        snprintf(path, sizeof path, "%s/tree%d", argv[1], i);
        FILE *file = fopen(path, "wb");
        if (!file || fwrite(tree.bytes, 1, tree.size, file) != tree.size || fclose(file) != 0) {
            perror(path);
            return 1;
        }
        block_free(tree);
    }
    return argc != 2;
}
