/* fork.c - a child is a copy: of memory, of the handle table, of open files; and nothing after. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/help.h"
#include "tests/lib/tap.h"

enum {
    TREE_DEPTH = 6,
    HEAP_BYTES = 16 << 20,
};

/* Two children a process down to the depth; the status of each counts the processes below it. */
static int grow_tree(int depth)
{
    int below = 0;
    if (depth == TREE_DEPTH)
        return 1;
    int children[2];
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(grow_tree(depth + 1));
    }
    for (int i = 0; i < 2; i++)
        if (children[i] > 0)
            below += WEXITSTATUS(tap_wait(children[i]));
    return below + 1;
}

static void test_tree(void) { CHECK_EQUAL(grow_tree(0), (1 << (TREE_DEPTH + 1)) - 1); }

static bool heap_holds(const uint64_t *heap, uint64_t salt)
{
    for (size_t i = 0; i < HEAP_BYTES / sizeof *heap; i++)
        if (heap[i] != i * 2654435761u + salt)
            return false;
    return true;
}

static void fill_heap(uint64_t *heap, uint64_t salt)
{
    for (size_t i = 0; i < HEAP_BYTES / sizeof *heap; i++)
        heap[i] = i * 2654435761u + salt;
}

static void own_heap(void *heap)
{
    CHECK(heap_holds(heap, 1));
    fill_heap(heap, 2);
    CHECK(heap_holds(heap, 2));
}

static void test_heap_is_copied(void)
{
    uint64_t *heap = malloc(HEAP_BYTES);
    if (!CHECK(heap != NULL))
        return;
    fill_heap(heap, 1);
    int child = tap_fork(own_heap, heap);
    CHECK(heap_holds(heap, 1));
    tap_join(child);
    CHECK(heap_holds(heap, 1));

    child = tap_fork(own_heap, heap);
    fill_heap(heap, 3);
    tap_join(child);
    CHECK(heap_holds(heap, 3));
    free(heap);
}

static int global = 7;
static _Thread_local int local = 8;

static void change_variables(void *stack_variable)
{
    CHECK(global == 7 && local == 8 && *(int *)stack_variable == 9);
    global = local = *(int *)stack_variable = 1;
}

static void test_variables_are_copied(void)
{
    int on_stack = 9;
    tap_join(tap_fork(change_variables, &on_stack));
    CHECK(global == 7 && local == 8 && on_stack == 9);
}

static void know_oneself(void *parent)
{
    int pid = getpid();
    CHECK(pid > 0 && pid != *(int *)parent);
    CHECK_EQUAL(getppid(), *(int *)parent);
    struct process_info info;
    CHECK_EQUAL(process_info(HANDLE_SELF, 0, &info), pid);
    CHECK_EQUAL(info.pid, pid);
    CHECK_EQUAL(info.parent, *(int *)parent);
    CHECK_EQUAL(info.threads, 1);
}

/* HANDLE_SELF names the child itself, and so gives no power over the parent. */
static void test_child_is_another_process(void)
{
    int parent = getpid();
    tap_join(tap_fork(know_oneself, &parent));
    CHECK_EQUAL(getpid(), parent);
}

static void kill_parent(void *parent)
{
    CHECK_EQUAL(process_kill(HANDLE_SELF, *(int *)parent, DEATH_KILLED), -E_SRCH);
}

static void test_child_rules_not_its_parent(void)
{
    int parent = getpid();
    tap_join(tap_fork(kill_parent, &parent));
}

static void close_in_child(void *handle)
{
    CHECK_EQUAL(handle_close(*(int *)handle), 0);
    CHECK_EQUAL(handle_control(*(int *)handle, HANDLE_GET, 0), -E_BADF);
}

static void test_handle_table_is_copied(void)
{
    int event = (int)event_create();
    int limited = (int)handle_dup(event, DUP_LOWEST | 100, RIGHT_WAIT, HANDLE_CLOEXEC);
    long description = handle_control(limited, HANDLE_GET, 0);
    CHECK_EQUAL(description, OBJECT_EVENT | RIGHT_WAIT << 8 | HANDLE_CLOEXEC << 24);
    tap_join(tap_fork(close_in_child, &event));
    tap_join(tap_fork(close_in_child, &limited));
    CHECK_EQUAL(handle_control(limited, HANDLE_GET, 0), description);
    CHECK_EQUAL(handle_control(event, HANDLE_GET, 0), OBJECT_EVENT | RIGHTS_ALL << 8);
    handle_close(limited);
    handle_close(event);
}

static void write_both(void *pages)
{
    uint8_t *const *areas = pages;
    CHECK(areas[0][0] == 1 && areas[1][0] == 1);
    areas[0][0] = areas[1][0] = 2;
}

/* A shared mapping is the same pages in the child, an ordinary one a copy. */
static void test_shared_mappings_stay_shared(void)
{
    uint8_t *areas[2] = {map_shared(PAGE), map_pages(PAGE, MAP_WRITE)};
    areas[0][0] = areas[1][0] = 1;
    tap_join(tap_fork(write_both, areas));
    CHECK_EQUAL(areas[0][0], 2);
    CHECK_EQUAL(areas[1][0], 1);
    unmap_pages(areas[0], PAGE);
    unmap_pages(areas[1], PAGE);
}

static void exit_at_once(void *unused) { (void)unused; }

static void test_many_in_a_row(void)
{
    for (int i = 0; i < (tap_warming_up() ? 20 : 200); i++)
        tap_join(tap_fork(exit_at_once, NULL));
}

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"fork_tree_of_depth_6", test_tree, 0},
        {"fork_heap_of_16_mib_is_copied", test_heap_is_copied, 120},
        {"fork_variables_are_copied", test_variables_are_copied, 0},
        {"fork_child_is_another_process", test_child_is_another_process, 0},
        {"fork_child_rules_not_its_parent", test_child_rules_not_its_parent, 0},
        {"fork_handle_table_is_copied", test_handle_table_is_copied, 0},
        {"fork_shared_mappings_stay_shared", test_shared_mappings_stay_shared, 0},
        {"fork_many_in_a_row", test_many_in_a_row, 0},
    };
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
