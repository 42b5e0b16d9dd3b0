/* process_calls.c - which calls of a process may take the fast path (riscv/fastpath.S). Who has a
 * pager's memory mapped may have to make a call again, so all of its registers are kept.
 */
#include "kernel/process.h"
#include "kernel/space.h"

void process_keep_calls(struct process *process)
{
    process->keeps_calls = true;
    handle_table_set_shared(&process->handles, true);
}

void process_make_fast(struct process *process)
{
    process->keeps_calls = process->keeps_calls && !SLIST_EMPTY(&process->space->paged);
    if (!process->keeps_calls)
        handle_table_set_shared(&process->handles, false);
}
