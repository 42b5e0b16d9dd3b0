#pragma once
/* blklog.h - logs of real runs: what QEMU's driver blklogwrites records of a disk.
 *
 *   -blockdev driver=blklogwrites,node-name=d0,log-sector-size=512,file.driver=file,
 *       file.filename=disk.img,log.driver=file,log.filename=log.bin
 *
 * The format is that of Linux' dm-log-writes.
 */
#include "ext2/memory_disk.h"

#include <stdio.h>

/* Adds what the file has to *log. A write that was forced to the disk (FUA) counts as one that may
 * be lost: at worst a state is visited that could not be. -> NULL, or what is wrong with it. */
const char *blklog_read(FILE *file, uint64_t disk_size, struct disk_log *log);
