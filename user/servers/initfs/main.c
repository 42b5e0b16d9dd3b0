/* main.c - initfs: the files of the initrd, read-only, by the file protocol. */
#include <octavo/file_server.h>

#include <proto/start.h>
#include <stdio.h>
#include <string.h>

#include "operations.h"

/* The first device of our line in /etc/servers. */
static long map_archive(struct cpio *archive)
{
    struct boot_device initrd;
    struct message request = {
        .label = START_GET_DEVICES, .buffer = &initrd, .length = sizeof initrd | BUFFER_OUT};
    long count = message_call(HANDLE_NAMES, &request);

    if (count <= 0)
        return count < 0 ? count : -E_NODEV;
    struct mapping mapping = {
        .length = initrd.offset + initrd.size,
        .flags = MAP_READ | MAP_SHARE,
        .memory = initrd.memory,
    };
    long address = vm_map(HANDLE_SPACE, &mapping);
    if (address < 0)
        return address;
    archive->bytes = (const char *)address + initrd.offset;
    archive->size = initrd.size;
    return E_OK;
}

static long make_tree(void)
{
    struct cpio archive;
    long result = map_archive(&archive);

    if (result == E_OK)
        result = -(long)tree_build(&initfs_tree, &archive);
    if (result == E_OK && initfs_tree.complaint != NULL)
        fprintf(stderr, "initfs: %s\n", initfs_tree.complaint);
    return result;
}

int main(void)
{
    struct file_system fs = {.operations = &initfs_operations, .read_only = true, .threads = 1};
    long result = make_tree();

    if (result == E_OK)
        result = file_server_run(&fs, "initrd");
    fprintf(stderr, "initfs: cannot start: %s\n", strerror((int)-result));
    return 1;
}
