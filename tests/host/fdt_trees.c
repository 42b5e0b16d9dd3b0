/* fdt_trees.c - asks QEMU for the device trees of machines. */
#include "fdt_trees.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct tree trees[TREES] = {
    {"virt", "", 1, 32, "", true},
    {"virt", "", 4, 128, "", true},
    {"virt", "", 8, 4096, "", true},
    {"virt", "", 8, 65536, "", true},
    {"virt", "-kernel kernel -append 'mmu=sv39 panic=exit'", 2, 128, "mmu=sv39 panic=exit", true},
    {"virt", "-kernel kernel -initrd initrd -append ''", 1, 256, "", true},
    {"virt", "-cpu rv64,sstc=off,mmu=on", 3, 1024, "", true},
    {"virt,aclint=on", "", 4, 128, "", true},
    {"virt,aia=aplic", "", 4, 4096, "", false},
    {"virt,aia=aplic-imsic", "", 2, 512, "", false},
    {"virt",
     "-numa node,nodeid=0,cpus=0-1,memdev=a -numa node,nodeid=1,cpus=2-3,memdev=b "
     "-object memory-backend-ram,id=a,size=64M -object memory-backend-ram,id=b,size=64M",
     4, 128, "", true},
    {"virt", "-device virtio-blk-pci,drive=d -drive if=none,id=d,file=initrd,format=raw", 1, 128,
     "", true},
    {"sifive_u", "", 2, 128, "", false},
    {"sifive_u", "-kernel kernel -append hello", 5, 4096, "hello", false},
    {"spike", "", 1, 128, "", false},
    {"spike", "", 8, 2048, "", false},
};

/* Reads a whole file; no bytes when it cannot be read. */
static struct block file_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return block_copy("", 0);
    uint8_t *bytes = malloc(4 << 20);
    size_t size = bytes ? fread(bytes, 1, 4 << 20, file) : 0;
    struct block block = block_copy(bytes, size);
    free(bytes);
    fclose(file);
    return block;
}

struct block tree_make(const struct tree *tree)
{
    char folder[] = "/tmp/octavo-fdt-XXXXXX", path[64], command[1024];
    const char *qemu = getenv("QEMU");
    if (!mkdtemp(folder))
        return block_copy("", 0);
    /* Memory that nobody touches is not taken from the host. NUMA brings its own. */
    const char *memory = strstr(tree->options, "-numa") || tree->megabytes < 32768
                             ? ""
                             : "-machine memory-backend=m -object memory-backend-ram,id=m,"
                               "size=64G,reserve=off";
    snprintf(command, sizeof command,
             "cd %s && echo kernel >kernel && head -c 4096 /dev/zero >initrd && timeout 60 %s "
             "-machine %s,dumpdtb=dtb -nographic -bios none -smp %u -m %lluM %s %s >log 2>&1 "
             "</dev/null",
             folder, qemu ? qemu : "qemu-system-riscv64", tree->machine, tree->harts,
             (unsigned long long)tree->megabytes, memory, tree->options);
    if (system(command) != 0)
        fprintf(stderr, "failed: %s\n", command);
    snprintf(path, sizeof path, "%s/dtb", folder);
    struct block dump = file_read(path);
    snprintf(command, sizeof command, "rm -r %s", folder);
    if (system(command) != 0)
        fprintf(stderr, "failed: %s\n", command);
    if (dump.size < 8)
        return dump;
    const uint8_t *total = dump.bytes + 4; /* the dump is padded to a megabyte */
    size_t size =
        (size_t)total[0] << 24 | (size_t)total[1] << 16 | (size_t)total[2] << 8 | total[3];
    struct block block = block_copy(dump.bytes, size < dump.size ? size : dump.size);
    block_free(dump);
    return block;
}
