/* test_top.c - what top makes of two samples: shares, loads, order, and the text that fits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bin/top/view.h"

enum { TASKS = 40, TEXT = 8192 };

#define SECOND UINT64_C(1000000000)

static const struct sample at_boot;
static struct task old_tasks[TASKS], new_tasks[TASKS];
static struct sample before, now;
static char text[TEXT];

static int begin(void **state)
{
    (void)state;
    memset(old_tasks, 0, sizeof old_tasks);
    memset(new_tasks, 0, sizeof new_tasks);
    before = (struct sample){.time_ns = 10 * SECOND, .processes = {.tasks = old_tasks}};
    now = (struct sample){.time_ns = 12 * SECOND, .processes = {.tasks = new_tasks}};
    return 0;
}

static void add(struct task_list *list, int pid, uint64_t cpu_ms)
{
    struct task *task = &list->tasks[list->count++];

    *task = (struct task){.pid = pid, .threads = 1, .cpu_ns = cpu_ms * 1000000};
    snprintf(task->name, sizeof task->name, "program%d", pid);
}

/* The text of `now`; returns its number of lines. */
static int print(const struct view *view)
{
    FILE *out = fmemopen(text, sizeof text, "w");
    int lines = 0;

    view_print(out, view, &now);
    fclose(out);
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    return lines;
}

static void assert_has(const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("\"%s\" is not in:\n%s", part, text);
}

static void assert_lacks(const char *part)
{
    if (strstr(text, part) != NULL)
        fail_msg("\"%s\" is in:\n%s", part, text);
}

static void test_top_shares_are_of_the_time_between(void **state)
{
    (void)state;
    add(&before.processes, 1, 5000);
    add(&before.processes, 2, 100);
    add(&now.processes, 1, 5500);
    add(&now.processes, 2, 2100);
    sample_compare(&now, &before);
    assert_int_equal(now.processes.tasks[0].pid, 2);
    assert_int_equal(sample_share(&now, &now.processes.tasks[0]), 1000);
    assert_int_equal(sample_share(&now, &now.processes.tasks[1]), 250);
}

/* before is in the order of use, as sample_compare left it. */
static void test_top_finds_tasks_in_any_order(void **state)
{
    (void)state;
    for (int pid = 9; pid > 0; pid--)
        add(&before.processes, pid, 10 * (unsigned)pid);
    for (int pid = 1; pid < 10; pid++)
        add(&now.processes, pid, 10 * (unsigned)pid + (unsigned)(pid == 4));
    sample_compare(&now, &before);
    assert_int_equal(now.processes.tasks[0].pid, 4);
    assert_int_equal(now.processes.tasks[0].used_ns, 1000000);
    for (size_t i = 1; i < now.processes.count; i++)
        assert_int_equal(now.processes.tasks[i].used_ns, 0);
}

static void test_top_gives_a_new_task_all_its_time(void **state)
{
    (void)state;
    add(&before.processes, 7, 3000);
    add(&now.processes, 7, 20); /* another one that got the number */
    add(&now.processes, 8, 40);
    sample_compare(&now, &before);
    assert_int_equal(now.processes.tasks[0].pid, 8);
    assert_int_equal(sample_share(&now, &now.processes.tasks[0]), 20);
    assert_int_equal(sample_share(&now, &now.processes.tasks[1]), 10);
}

static void test_top_tells_threads_of_a_process_apart(void **state)
{
    (void)state;
    before.threads.tasks = old_tasks;
    now.threads.tasks = new_tasks;
    now.processes.tasks = NULL;
    add(&before.threads, 3, 10);
    add(&before.threads, 3, 1000);
    before.threads.tasks[1].thread = 1;
    add(&now.threads, 3, 10);
    add(&now.threads, 3, 1500);
    now.threads.tasks[1].thread = 1;
    sample_compare(&now, &before);
    assert_int_equal(now.threads.tasks[0].thread, 1);
    assert_int_equal(now.threads.tasks[0].used_ns, SECOND / 2);
    assert_int_equal(now.threads.tasks[1].used_ns, 0);
}

static void test_top_orders_equal_use_by_all_time_then_number(void **state)
{
    (void)state;
    add(&before.processes, 1, 10);
    add(&before.processes, 2, 30);
    add(&before.processes, 3, 10);
    add(&now.processes, 3, 10);
    add(&now.processes, 2, 30);
    add(&now.processes, 1, 10);
    sample_compare(&now, &before);
    assert_int_equal(now.processes.tasks[0].pid, 2);
    assert_int_equal(now.processes.tasks[1].pid, 1);
    assert_int_equal(now.processes.tasks[2].pid, 3);
}

static void test_top_loads_are_of_the_time_between(void **state)
{
    (void)state;
    now.hart_count = before.hart_count = 4;
    before.harts[0] = (struct system_hart){.busy_ns = 9 * SECOND, .idle_ns = SECOND};
    now.harts[0] = (struct system_hart){.busy_ns = 9 * SECOND, .idle_ns = 3 * SECOND};
    before.harts[1] = (struct system_hart){.busy_ns = SECOND, .idle_ns = 9 * SECOND};
    now.harts[1] = (struct system_hart){.busy_ns = 3 * SECOND, .idle_ns = 9 * SECOND};
    before.harts[2] = now.harts[2] = (struct system_hart){.busy_ns = SECOND, .idle_ns = SECOND};
    now.harts[3] = (struct system_hart){.busy_ns = SECOND, .idle_ns = 7 * SECOND};
    sample_compare(&now, &before);
    assert_int_equal(now.hart_load[0], 0);
    assert_int_equal(now.hart_load[1], 1000);
    assert_int_equal(now.hart_load[2], SAMPLE_UNKNOWN);
    assert_int_equal(now.hart_load[3], 125);
}

/* Half a year, the whole of it used: nothing overflows. */
static void test_top_counts_for_half_a_year(void **state)
{
    uint64_t ns = 180 * UINT64_C(86400) * SECOND;

    (void)state;
    now.time_ns = ns;
    add(&now.processes, 1, ns / 1000000);
    now.hart_count = 1;
    now.harts[0].busy_ns = ns;
    sample_compare(&now, &at_boot);
    assert_int_equal(sample_share(&now, &now.processes.tasks[0]), 1000);
    assert_int_equal(now.hart_load[0], 1000);
    print(&(struct view){.columns = 160});
    assert_has("up 4320:00:00, ");
    assert_has(" since boot\n");
}

static void test_top_nothing_passed_is_no_division_by_zero(void **state)
{
    (void)state;
    now.time_ns = before.time_ns;
    add(&now.processes, 1, 10);
    now.hart_count = 1;
    sample_compare(&now, &before);
    assert_int_equal(sample_share(&now, &now.processes.tasks[0]), 0);
    assert_int_equal(now.hart_load[0], SAMPLE_UNKNOWN);
    assert_true(print(&(struct view){.columns = 160}) > 0);
}

static void test_top_plain_text_is_whole(void **state)
{
    (void)state;
    for (int pid = 1; pid <= TASKS; pid++)
        add(&now.processes, pid, (unsigned)pid);
    sample_compare(&now, &before);
    assert_int_equal(print(&(struct view){.columns = 160}), 4 + TASKS);
    assert_has(" load and CPU% over the last 2.0 s\n");
    assert_has("   40       1       0K    2.0      0.040 program40\n");
    assert_has(" program1\n");
    assert_lacks("\x1b");
    assert_lacks("more");
    assert_lacks("keys");
}

static void test_top_screen_fits(void **state)
{
    struct view view = {.on_screen = true, .rows = 23, .columns = 80, .delay_ns = SECOND / 2};

    (void)state;
    now.hart_count = 8;
    now.harts[0] = (struct system_hart){.busy_ns = SECOND, .idle_ns = SECOND};
    now.harts[1].idle_ns = now.harts[7].busy_ns = SECOND;
    now.threads.tasks = old_tasks;
    for (int pid = 1; pid <= TASKS; pid++) {
        add(&now.processes, pid, (unsigned)pid);
        add(&now.threads, pid, (unsigned)pid);
        now.threads.tasks[pid - 1].state = "READY";
        memset(now.threads.tasks[pid - 1].name, 'x', sizeof now.threads.tasks[0].name - 1);
    }
    sample_compare(&now, &at_boot);
    for (int threads = 0; threads < 2; threads++) {
        view.threads = threads;
        assert_int_equal(print(&view), 23);
        assert_has("... and 24 more\x1b[K\n");
        assert_has(
            "load%  0: 50.0  1:  0.0  2:    -  3:    -  4:    -  5:    -  6:    -  7:100.0\x1b");
        assert_has("+ - every 0.500 s");
        for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"))
            assert_true(strlen(line) <= 80 + 2 * strlen("\x1b[K"));
    }
    view.columns = 30;
    assert_int_equal(print(&view), 23);
    assert_has("\nkeys: q quit  t processes  i h\x1b[K\n");
}

static void test_top_screen_uses_its_last_row(void **state)
{
    struct view view = {.on_screen = true, .rows = 10, .columns = 80};

    (void)state;
    now.hart_count = 1;
    for (int pid = 1; pid <= 4; pid++)
        add(&now.processes, pid, (unsigned)pid);
    sample_compare(&now, &at_boot);
    assert_int_equal(print(&view), 10);
    assert_has(" program1\x1b[K\n");
    view.rows = 9;
    assert_int_equal(print(&view), 9);
    assert_lacks(" program1\x1b[K\n");
    assert_has("... and 2 more\x1b[K\n");
    view.rows = 1;
    assert_int_equal(print(&view), 1);
}

static void test_top_hides_idle_tasks(void **state)
{
    (void)state;
    add(&before.processes, 1, 500);
    add(&now.processes, 1, 500);
    add(&now.processes, 2, 3);
    sample_compare(&now, &before);
    print(&(struct view){.columns = 160, .used_only = true});
    assert_has(" program2\n");
    assert_lacks("program1");
}

static void test_top_shows_what_is_lent(void **state)
{
    (void)state;
    now.threads.tasks = old_tasks;
    add(&now.threads, 5, 20);
    now.threads.tasks[0].state = "RECV";
    now.threads.tasks[0].base_priority = 10;
    now.threads.tasks[0].priority = 22;
    now.threads.tasks[0].hart = 3;
    sample_compare(&now, &at_boot);
    print(&(struct view){.columns = 160, .threads = true});
    assert_has("    5    0  10   22    3 RECV ");
    now.threads.tasks[0].priority = 10;
    now.threads.tasks[0].hart = -1;
    print(&(struct view){.columns = 160, .threads = true});
    assert_has("    5    0  10         - RECV ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_top_shares_are_of_the_time_between, begin),
        cmocka_unit_test_setup(test_top_finds_tasks_in_any_order, begin),
        cmocka_unit_test_setup(test_top_gives_a_new_task_all_its_time, begin),
        cmocka_unit_test_setup(test_top_tells_threads_of_a_process_apart, begin),
        cmocka_unit_test_setup(test_top_orders_equal_use_by_all_time_then_number, begin),
        cmocka_unit_test_setup(test_top_loads_are_of_the_time_between, begin),
        cmocka_unit_test_setup(test_top_counts_for_half_a_year, begin),
        cmocka_unit_test_setup(test_top_nothing_passed_is_no_division_by_zero, begin),
        cmocka_unit_test_setup(test_top_plain_text_is_whole, begin),
        cmocka_unit_test_setup(test_top_screen_fits, begin),
        cmocka_unit_test_setup(test_top_screen_uses_its_last_row, begin),
        cmocka_unit_test_setup(test_top_hides_idle_tasks, begin),
        cmocka_unit_test_setup(test_top_shows_what_is_lent, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
