/* test_initrd.c - the cpio reader: archives that cpio makes, archives broken by hand, mutations.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#include <octavo/cpio.h>

#include "untrusted.h"

enum { MUTATED_ARCHIVES = 20000, HEADER = 110 };

/* --- Archives made by cpio -------------------------------------------------------------------- */

static struct block made; /* by the commands below */

static const char commands[] =
    "mkdir -p root/bin root/etc && cd root && printf 'hello\\n' >etc/motd && chmod 640 etc/motd &&"
    "touch -d @1000000000 etc/motd && : >etc/empty && head -c 100000 /dev/zero >bin/big &&"
    "printf 'linked' >bin/one && ln bin/one bin/two && ln -s ../etc/motd bin/symbolic &&"
    "printf 123 >a && printf 1234 >bb && printf 12345 >ccc &&"
    "find . | LC_ALL=C sort | cpio --quiet -o -H newc >../archive";

static int archive_set_up(void **state)
{
    (void)state;
    char folder[] = "/tmp/octavo-cpio-XXXXXX", command[1024], path[64];
    if (!mkdtemp(folder))
        return -1;
    snprintf(command, sizeof command, "cd %s && %s", folder, commands);
    int status = system(command);
    snprintf(path, sizeof path, "%s/archive", folder);
    FILE *file = fopen(path, "rb");
    static uint8_t bytes[1 << 20];
    size_t size = file ? fread(bytes, 1, sizeof bytes, file) : 0;
    if (file)
        fclose(file);
    made = block_copy(bytes, size);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return status != 0 || system(command) != 0 || size == 0;
}

static int archive_tear_down(void **state)
{
    (void)state;
    block_free(made);
    return 0;
}

static struct cpio archive_of(struct block block)
{
    return (struct cpio){.bytes = block.bytes, .size = block.size};
}

static struct cpio_entry found(const char *path)
{
    struct cpio archive = archive_of(made);
    struct cpio_entry entry;
    assert_int_equal(cpio_find(&archive, path, &entry), E_OK);
    assert_null(entry.complaint);
    return entry;
}

static void assert_contents(const char *path, const char *contents)
{
    struct cpio_entry entry = found(path);
    assert_int_equal(entry.size, strlen(contents));
    assert_memory_equal(entry.data, contents, entry.size);
}

static void test_initrd_lists_what_cpio_stored(void **state)
{
    (void)state;
    static const char *const names[] = {"",        "a",       "bb",           "bin",
                                        "bin/big", "bin/one", "bin/symbolic", "bin/two",
                                        "ccc",     "etc",     "etc/empty",    "etc/motd"};
    enum { NAMES = sizeof names / sizeof *names };
    struct cpio archive = archive_of(made);
    struct cpio_entry entry;
    size_t cursor = 0;
    unsigned seen = 0; /* a bit for each: cpio puts hard links out of order */
    for (size_t i = 0; i < NAMES; i++) {
        assert_int_equal(cpio_next(&archive, &cursor, &entry), E_OK);
        for (size_t j = 0; j < NAMES; j++)
            seen |= strcmp(entry.name, names[j]) == 0 ? 1u << j : 0;
    }
    assert_int_equal(seen, (1u << NAMES) - 1);
    size_t end = cursor;
    assert_int_equal(cpio_next(&archive, &cursor, &entry), E_NOENT);
    assert_int_equal(cpio_next(&archive, &cursor, &entry), E_NOENT);
    assert_int_equal(cursor, end);
}

static void test_initrd_gives_contents_and_attributes(void **state)
{
    (void)state;
    assert_contents("etc/motd", "hello\n");
    assert_contents("a", "123");
    assert_contents("bb", "1234");
    assert_contents("ccc", "12345");
    assert_contents("etc/empty", "");
    assert_int_equal(found("bin/big").size, 100000);
    struct cpio_entry motd = found("etc/motd");
    assert_int_equal(motd.mode, CPIO_REGULAR | 0640);
    assert_int_equal(motd.mtime, 1000000000);
    assert_int_equal(motd.nlink, 1);
    assert_int_equal(found("bin").mode & CPIO_TYPE_MASK, CPIO_DIRECTORY);
    assert_int_equal(found("bin/symbolic").mode & CPIO_TYPE_MASK, CPIO_SYMLINK);
    assert_contents("bin/symbolic", "../etc/motd");
}

static void test_initrd_resolves_hard_links(void **state)
{
    (void)state;
    struct cpio_entry one = found("bin/one"), two = found("bin/two");
    assert_int_equal(one.nlink, 2);
    assert_int_equal(one.inode, two.inode);
    assert_ptr_equal(one.data, two.data);
    assert_contents("bin/one", "linked");
    assert_contents("bin/two", "linked");
}

static void test_initrd_finds_by_any_spelling(void **state)
{
    (void)state;
    static const char *const spellings[] = {"/etc/motd", "./etc/motd", "//etc/motd",
                                            "././etc/motd"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        assert_contents(spellings[i], "hello\n");
    assert_int_equal(found("/").mode & CPIO_TYPE_MASK, CPIO_DIRECTORY);
    assert_string_equal(found(".").name, "");
    static const char *const missing[] = {"etc/mot", "etc/motd2", "motd",      "etc/motd/",
                                          "..",      ".etc/motd", "TRAILER!!!"};
    struct cpio archive = archive_of(made);
    struct cpio_entry entry;
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        assert_int_equal(cpio_find(&archive, missing[i], &entry), E_NOENT);
}

/* --- Archives broken by hand ------------------------------------------------------------------ */

/* An archive with one file, "f" of `contents`, and the trailer: the file's header at 0, its name
 * at 110, its contents at 112. */
static struct block archive_small(const char *contents)
{
    static const char header[] = "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x%s";
    char bytes[512] = {0};
    size_t size = strlen(contents), trailer = (112 + size + 3) & ~(size_t)3;
    snprintf(bytes, sizeof bytes, header, 1, CPIO_REGULAR | 0644, 0, 0, 1, 0, size, 0, 0, 0, 0,
             (size_t)2, 0, "f");
    memcpy(bytes + 112, contents, size);
    snprintf(bytes + trailer, sizeof bytes - trailer, header, 0, 0, 0, 0, 1, 0, (size_t)0, 0, 0, 0,
             0, (size_t)11, 0, "TRAILER!!!");
    return block_copy(bytes, trailer + HEADER + 11);
}

/* Writes `text` at `offset` of a small archive and expects a complaint about the first entry. */
static void assert_broken(size_t offset, const char *text, const char *complaint)
{
    struct block block = archive_small("contents");
    memcpy(block.bytes + offset, text, strlen(text));
    struct cpio archive = archive_of(block);
    struct cpio_entry entry;
    size_t cursor = 0;
    assert_int_equal(cpio_next(&archive, &cursor, &entry), E_INVAL);
    assert_non_null(strstr(entry.complaint, complaint));
    assert_int_equal(cursor, 0);
    assert_int_equal(cpio_find(&archive, "f", &entry), E_INVAL);
    assert_non_null(strstr(entry.complaint, complaint));
    block_free(block);
}

static void test_initrd_refuses_malformed_entries(void **state)
{
    (void)state;
    assert_broken(0, "070702", "newc");
    assert_broken(0, "070707", "newc");
    assert_broken(6, "0000000g", "digit");
    assert_broken(6, " 0000001", "digit");
    assert_broken(54, "-0000001", "digit");
    assert_broken(102, "0x000000", "digit");
    assert_broken(54, "00000100", "contents run past"); /* more than there is */
    assert_broken(54, "ffffffff", "contents run past");
    assert_broken(94, "ffffffff", "name runs past");
    assert_broken(94, "00000000", "where its size says");
    assert_broken(94, "00000001", "where its size says"); /* no NUL inside */
    assert_broken(94, "00000003", "where its size says"); /* one too early */
    assert_broken(111, "f", "where its size says");       /* none at its end */
}

static void test_initrd_accepts_both_cases_of_digits(void **state)
{
    (void)state;
    struct block block = archive_small("0123456789");
    memcpy(block.bytes + 54, "0000000A", 8);
    memcpy(block.bytes + 46, "aBcDeF09", 8);
    struct cpio archive = archive_of(block);
    struct cpio_entry entry;
    assert_int_equal(cpio_find(&archive, "f", &entry), E_OK);
    assert_int_equal(entry.size, 10);
    assert_int_equal(entry.mtime, 0xabcdef09);
    block_free(block);
}

static void test_initrd_refuses_every_truncation(void **state)
{
    (void)state;
    struct block whole = archive_small("contents");
    for (size_t size = 0; size < whole.size; size++) {
        struct block piece = block_copy(whole.bytes, size);
        struct cpio archive = archive_of(piece);
        struct cpio_entry entry;
        size_t cursor = 0;
        enum error first = cpio_next(&archive, &cursor, &entry);
        assert_int_equal(first, size < 120 ? E_INVAL : E_OK);
        if (first == E_OK) {
            assert_int_equal(entry.size, 8);
            assert_int_equal(cpio_next(&archive, &cursor, &entry), E_INVAL);
        }
        assert_non_null(entry.complaint);
        assert_int_equal(cpio_find(&archive, "other", &entry), E_INVAL);
        block_free(piece);
    }
    block_free(whole);
}

static void test_initrd_refuses_foreign_cursors(void **state)
{
    (void)state;
    struct cpio archive = archive_of(made);
    struct cpio_entry entry;
    const size_t cursors[] = {1, made.size, made.size + 1, SIZE_MAX};
    for (size_t i = 0; i < sizeof cursors / sizeof *cursors; i++) {
        size_t cursor = cursors[i];
        assert_int_equal(cpio_next(&archive, &cursor, &entry), E_INVAL);
        assert_non_null(entry.complaint);
    }
}

/* --- Mutations -------------------------------------------------------------------------------- */

/* Walks an archive to its end; every entry must lie inside, and the cursor must advance. */
static enum error archive_walk(struct block block)
{
    struct cpio archive = archive_of(block);
    struct cpio_entry entry;
    size_t cursor = 0, before = 0;
    enum error error;
    while ((error = cpio_next(&archive, &cursor, &entry)) == E_OK) {
        const uint8_t *data = entry.data, *name = (const uint8_t *)entry.name;
        assert_true(cursor >= before + HEADER && cursor <= block.size);
        assert_true(name >= block.bytes + before + HEADER && data > name);
        assert_true(data <= block.bytes + cursor && entry.size <= cursor - before);
        assert_true(name + strlen(entry.name) < data);
        assert_true(data + entry.size <= block.bytes + block.size);
        assert_true(cpio_resolve_link(&archive, &entry) == E_OK || entry.complaint);
        data = entry.data;
        assert_true(data >= block.bytes && data + entry.size <= block.bytes + block.size);
        before = cursor;
    }
    if (error == E_INVAL)
        assert_non_null(entry.complaint);
    return error;
}

static void test_initrd_survives_mutations(void **state)
{
    (void)state;
    struct chance chance = chance_seeded(__func__);
    unsigned whole = 0;
    /* Without its large file the archive is mostly headers. */
    struct cpio archive = archive_of(made);
    struct cpio_entry entry;
    size_t cursor = 0;
    do
        assert_int_equal(cpio_next(&archive, &cursor, &entry), E_OK);
    while (strcmp(entry.name, "bin/big") != 0);
    struct block rest = {made.bytes + cursor, made.size - cursor};
    for (int i = 0; i < MUTATED_ARCHIVES; i++) {
        struct block mutated = block_mutated(&chance, i % 64 == 0 ? made : rest);
        enum error error = archive_walk(mutated);
        assert_true(error == E_NOENT || error == E_INVAL);
        whole += error == E_NOENT;
        block_free(mutated);
    }
    print_message("accepted %u of %d\n", whole, MUTATED_ARCHIVES);
    assert_true(whole > MUTATED_ARCHIVES / 20 && whole < MUTATED_ARCHIVES * 19 / 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_initrd_lists_what_cpio_stored),
        cmocka_unit_test(test_initrd_gives_contents_and_attributes),
        cmocka_unit_test(test_initrd_resolves_hard_links),
        cmocka_unit_test(test_initrd_finds_by_any_spelling),
        cmocka_unit_test(test_initrd_refuses_malformed_entries),
        cmocka_unit_test(test_initrd_accepts_both_cases_of_digits),
        cmocka_unit_test(test_initrd_refuses_every_truncation),
        cmocka_unit_test(test_initrd_refuses_foreign_cursors),
        cmocka_unit_test(test_initrd_survives_mutations),
    };
    return cmocka_run_group_tests(tests, archive_set_up, archive_tear_down);
}
