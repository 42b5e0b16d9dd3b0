#pragma once
/* image.h - file systems that mke2fs makes, in memory, and e2fsck's word on what became of them. */
#include <servers/ext2/ext2.h>

#include "memory_disk.h"

/* `mke2fs -F -q OPTIONS` on a disk of so many bytes. */
void image_make(struct memory_disk *disk, uint64_t size, const char *options);

/* e2fsck -fn must find nothing; what it found is printed. */
void image_expect_clean(const struct memory_disk *disk);

/* Does it find nothing? */
bool image_is_clean(const struct memory_disk *disk);

/* `e2fsck -fy`, which replays the journal too. False: something is left that it cannot mend. */
bool image_repair(struct memory_disk *disk);

/* The image as a file, for other tools; the caller unlinks it. The path stays until the next. */
const char *image_write(const struct memory_disk *disk);

struct ext2 *image_mount(struct memory_disk *disk);
void image_unmount(struct ext2 *fs);

/* Complaints since the last mount. */
unsigned image_complaints(void);

/* ---- names as paths, memory as transfers --------------------------------------------------- */

struct ext2_name image_name(const char *text);

/* Resolves names separated by `/` from the root; NULL: *error says why. Held. */
struct inode *image_find(struct ext2 *fs, const char *path, enum error *error);

long image_read(struct ext2 *fs, struct inode *inode, uint64_t offset, void *memory, size_t length);
long image_write_at(struct ext2 *fs, struct inode *inode, uint64_t offset, const void *memory,
                    size_t length);

/* ---- chance, the same in each run ---------------------------------------------------------- */

void image_seed(uint64_t seed);
uint32_t image_random(uint32_t limit); /* below it */
void image_fill_random(void *memory, size_t length);
