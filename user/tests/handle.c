/* handle.c - the handle table: numbers, rights, flags, and what happens when it is full. */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

static bool is_open(int handle) { return handle_control(handle, HANDLE_GET, 0) >= 0; }

static long describe(enum object_kind kind, long rights, long flags)
{
    return (long)kind | rights << 8 | flags << 24;
}

static void test_lowest_free_number_comes_first(void)
{
    int first = (int)event_create(), second = (int)event_create(), third = (int)event_create();
    CHECK(first < second && second < third && third < HANDLE_FIXED);
    handle_close(second);
    handle_close(first);
    CHECK_EQUAL(event_create(), first);
    CHECK_EQUAL(port_create(), second);
    CHECK_EQUAL(handle_dup(first, DUP_LOWEST, RIGHTS_ALL, 0), third + 1);
    CHECK_EQUAL(handle_dup(first, DUP_LOWEST | 1000, RIGHTS_ALL, 0), 1000);
    CHECK_EQUAL(handle_dup(first, DUP_LOWEST | 1000, RIGHTS_ALL, 0), 1001);
    for (int handle = first; handle <= third + 1; handle++)
        CHECK_EQUAL(handle_close(handle), 0);
    CHECK_EQUAL(handle_close(1000), 0);
    CHECK_EQUAL(handle_close(1001), 0);
    CHECK_EQUAL(handle_close(1001), -E_BADF);
}

static void test_kinds_and_rights_of_fresh_ones(void)
{
    int port = (int)port_create(), event = (int)event_create(), space = (int)space_create();
    int memory = (int)memory_create(1, MEMORY_ANONYMOUS, HANDLE_NONE);
    int channel = (int)channel_create(port, 1);
    CHECK_EQUAL(handle_control(port, HANDLE_GET, 0), describe(OBJECT_PORT, RIGHTS_ALL, 0));
    CHECK_EQUAL(handle_control(event, HANDLE_GET, 0), describe(OBJECT_EVENT, RIGHTS_ALL, 0));
    CHECK_EQUAL(handle_control(memory, HANDLE_GET, 0), describe(OBJECT_MEMORY, RIGHTS_ALL, 0));
    CHECK_EQUAL(handle_control(channel, HANDLE_GET, 0),
                describe(OBJECT_CHANNEL, RIGHT_SEND | RIGHT_DUP, 0));
    long rights = handle_control(space, HANDLE_GET, 0) >> 8 & 0xff;
    CHECK_EQUAL(rights & (RIGHT_MAP | RIGHT_MANAGE), RIGHT_MAP | RIGHT_MANAGE);
    CHECK_EQUAL(handle_control(HANDLE_SELF, HANDLE_GET, 0) & 0xff, OBJECT_PROCESS);
    CHECK_EQUAL(handle_control(HANDLE_SPACE, HANDLE_GET, 0) & 0xff, OBJECT_SPACE);
    int handles[] = {port, event, space, memory, channel};
    for (size_t i = 0; i < TAP_COUNT(handles); i++)
        handle_close(handles[i]);
}

static void test_rights_only_shrink(void)
{
    int event = (int)event_create();
    for (uint32_t rights = 0; rights <= RIGHTS_ALL; rights++) {
        int less = (int)handle_dup(event, DUP_LOWEST, rights, 0);
        CHECK_EQUAL(handle_control(less, HANDLE_GET, 0), describe(OBJECT_EVENT, (long)rights, 0));
        long again = handle_dup(less, DUP_LOWEST, RIGHTS_ALL, 0);
        if (rights & RIGHT_DUP) {
            CHECK_EQUAL(handle_control((int)again, HANDLE_GET, 0),
                        describe(OBJECT_EVENT, (long)rights, 0));
            handle_close((int)again);
        } else {
            CHECK_EQUAL(again, -E_PERM);
        }
        handle_close(less);
    }
    handle_close(event);
}

/* What stands at the target is closed, but only when all else is right. */
static void test_dup_to_a_number(void)
{
    int port = (int)port_create();
    int channel = (int)channel_create(port, 5), event = (int)event_create();
    int limited = (int)handle_dup(event, DUP_LOWEST, RIGHT_WAIT, 0);
    struct message m = {0};
    CHECK_EQUAL(handle_dup(limited, channel, RIGHTS_ALL, 0), -E_PERM);
    CHECK_EQUAL(handle_dup(event, channel, RIGHTS_ALL, 8), -E_INVAL);
    CHECK_EQUAL(handle_dup(999, channel, RIGHTS_ALL, 0), -E_BADF);
    CHECK_EQUAL(handle_control(channel, HANDLE_GET, 0) & 0xff, OBJECT_CHANNEL);
    CHECK_EQUAL(handle_dup(event, channel, RIGHT_WAIT | RIGHT_DUP, HANDLE_CLOEXEC), channel);
    CHECK_EQUAL(handle_control(channel, HANDLE_GET, 0),
                describe(OBJECT_EVENT, RIGHT_WAIT | RIGHT_DUP, HANDLE_CLOEXEC));
    CHECK_EQUAL(message_recv(port, &m), 0);
    CHECK_EQUAL(m.label, MESSAGE_CLOSED);
    CHECK_EQUAL(handle_dup(event, event, RIGHTS_ALL, 0), event);
    CHECK(is_open(event));
    CHECK_EQUAL(handle_dup(event, HANDLE_LIMIT - 50, RIGHTS_ALL, 0), HANDLE_LIMIT - 50);
    int handles[] = {port, channel, event, limited, HANDLE_LIMIT - 50};
    for (size_t i = 0; i < TAP_COUNT(handles); i++)
        CHECK_EQUAL(handle_close(handles[i]), 0);
}

static void test_refused_numbers(void)
{
    static const int bad[] = {-1, -2, 500, HANDLE_LIMIT, HANDLE_LIMIT + 1, INT32_MAX, INT32_MIN};
    int event = (int)event_create();
    for (size_t i = 0; i < TAP_COUNT(bad); i++) {
        CHECK_EQUAL(handle_close(bad[i]), -E_BADF);
        CHECK_EQUAL(handle_dup(bad[i], DUP_LOWEST, RIGHTS_ALL, 0), -E_BADF);
        CHECK_EQUAL(handle_control(bad[i], HANDLE_GET, 0), -E_BADF);
    }
    CHECK_EQUAL(handle_dup(event, -1, RIGHTS_ALL, 0), -E_INVAL);
    CHECK_EQUAL(handle_dup(event, HANDLE_LIMIT, RIGHTS_ALL, 0), -E_INVAL);
    CHECK_EQUAL(handle_dup(event, DUP_LOWEST | HANDLE_LIMIT, RIGHTS_ALL, 0), -E_INVAL);
    CHECK_EQUAL(handle_dup(event, 1 << 17, RIGHTS_ALL, 0), -E_INVAL);
    CHECK_EQUAL(handle_control(event, 2, 0), -E_INVAL);
    CHECK_EQUAL(handle_control(event, HANDLE_SET_FLAGS, 2), -E_INVAL);
    CHECK_EQUAL(handle_control(event, HANDLE_SET_FLAGS, HANDLE_CLOEXEC), 0);
    CHECK_EQUAL(handle_control(event, HANDLE_GET, 0) >> 24, HANDLE_CLOEXEC);
    handle_close(event);
}

/* Every call that makes a handle, with no number free: refused, and nothing is left of the object.
 */
static void expect_no_number(int port)
{
    static char stack[PAGE];
    CHECK_EQUAL(port_create(), -E_MFILE);
    CHECK_EQUAL(event_create(), -E_MFILE);
    CHECK_EQUAL(space_create(), -E_MFILE);
    CHECK_EQUAL(memory_create(1, MEMORY_ANONYMOUS, HANDLE_NONE), -E_MFILE);
    CHECK_EQUAL(channel_create(port, 1), -E_MFILE);
    CHECK_EQUAL(thread_create((uintptr_t)expect_no_number, (uintptr_t)stack + PAGE, 0, 0),
                -E_MFILE);
    CHECK_EQUAL(process_open(HANDLE_SELF, 0, RIGHT_WAIT), -E_MFILE);
    CHECK_EQUAL(handle_dup(port, DUP_LOWEST, RIGHTS_ALL, 0), -E_MFILE);
    CHECK_EQUAL(handle_dup(port, DUP_LOWEST | 4000, RIGHTS_ALL, 0), -E_MFILE);
    errno = 0;
    CHECK_EQUAL(dup(port), -1);
    CHECK_EQUAL(errno, EMFILE);
}

static void test_full_table(void)
{
    int port = (int)port_create();
    int first = (int)event_create(), last = first;
    for (int next; (next = (int)handle_dup(first, DUP_LOWEST, RIGHTS_ALL, 0)) >= 0;)
        last = next;
    CHECK_EQUAL(last, HANDLE_FIXED - 1);
    expect_no_number(port);
    CHECK_EQUAL(handle_dup(port, first, RIGHTS_ALL, 0), first); /* needs no new number */
    handle_close(3000);
    CHECK_EQUAL(event_create(), 3000);
    expect_no_number(port);
    for (int handle = first; handle <= last; handle++)
        CHECK_EQUAL(handle_close(handle), 0);
    CHECK_EQUAL(event_create(), first);
    handle_close(first);
    handle_close(port);
}

static void test_posix_names_of_it(void)
{
    int event = (int)event_create();
    int copy = dup(event);
    CHECK(copy > 0 && is_open(copy));
    CHECK_EQUAL(dup2(event, 50), 50);
    CHECK_EQUAL(dup2(event, event), event);
    CHECK_EQUAL(close(50), 0);
    CHECK_EQUAL(close(50), -1);
    CHECK_EQUAL(errno, EBADF);
    CHECK_EQUAL(dup2(50, 51), -1);
    CHECK_EQUAL(errno, EBADF);
    CHECK_EQUAL(dup2(event, -1), -1);
    CHECK_EQUAL(errno, EBADF);
    CHECK_EQUAL(close(copy), 0);
    CHECK_EQUAL(close(event), 0);
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"handle_lowest_free_number_comes_first", test_lowest_free_number_comes_first, 0},
        {"handle_kinds_and_rights_of_fresh_ones", test_kinds_and_rights_of_fresh_ones, 0},
        {"handle_rights_only_shrink", test_rights_only_shrink, 0},
        {"handle_dup_to_a_number", test_dup_to_a_number, 0},
        {"handle_refused_numbers", test_refused_numbers, 0},
        {"handle_full_table", test_full_table, 0},
        {"handle_posix_names_of_it", test_posix_names_of_it, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
