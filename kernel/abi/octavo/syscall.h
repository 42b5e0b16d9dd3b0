#pragma once
/* syscall.h - every system call: arguments, rights, results, errors.
 *
 * a7 holds the number, a0 to a6 the arguments; a0 returns a result, or the negative of an `enum
 * error`. Calls that return more use a1 up; every other caller-saved register comes back zero but
 * ra, through which a stub returns. Callee-saved registers are kept. Errors that any call can give:
 * E_NOSYS unknown number; E_BADF no such handle or wrong kind; E_PERM the handle lacks the right
 * named in [brackets]; E_FAULT a pointer does not name memory of the caller; E_NOMEM; E_MFILE no
 * number is left for a handle that the call would return. Others stand with each call. Times are
 * nanoseconds since boot; a deadline of DEADLINE_NONE never comes. A call that waits *restarts*
 * when it is woken: it may be observed at its `ecall` for as long as it waits.
 *
 * An `authority` is a process handle: it reaches that process and its descendants, nothing else.
 */

#define DEADLINE_NONE UINT64_MAX

enum system_call {
    /* The first two have a path of their own (docs/ipc.md). */

    /* call(channel [SEND], ...): message.h. Waits for the reply. E_PEERDIED: the server or its port
     * is gone; E_INVAL: label with kernel bits, both of MOVE and COPY, or a buffer that wraps or
     * leaves the user half; E_MFILE: the receiver has no room for the handle. */
    SYS_CALL,
    /* reply_recv(token, ...): reply, then recv. A reply that fails with E_SRCH is dropped, with the
     * handle that was to move, and recv goes on; token 0: recv alone. Errors of the handle that
     * rides, and of the port, return before anything is sent. */
    SYS_REPLY_RECV,

    /* process_id() -> pid; a1: parent's pid. The cheapest call. */
    SYS_PROCESS_ID,
    /* process_fork() -> the child's pid, and 0 in the child. The child has a copy of the space
     * (address_space_clone_self), of the handle table, and one thread, a copy of the caller.
     * E_AGAIN: no pid is free, or there are too many threads. */
    SYS_PROCESS_FORK,
    /* process_exec(space [MAP], entry, sp, name, name_length): the process takes `space`, closes
     * handles marked close-on-exec, ends its other threads and continues at entry with all
     * registers zero but sp. The handle `space` is closed and HANDLE_SPACE names it. name: for ps,
     * cut at 31 bytes. E_INVAL: entry or sp outside the user half; E_BUSY: another process runs in
     * `space`. */
    SYS_PROCESS_EXEC,
    /* process_exit(code): ends the process with all its threads. Never returns. */
    SYS_PROCESS_EXIT,
    /* process_wait(pid, options) -> pid; a1: status. Waits for a child to end (pid -1: any), and
     * forgets it. WAIT_NO_HANG: 0 if none has. E_CHILD: no such child; E_INVAL: unknown option. */
    SYS_PROCESS_WAIT,
    /* process_kill(authority [MANAGE], pid, signal | flags): ends the process with that signal in
     * its status; pid 0: the authority itself. KILL_TREE: and its descendants. E_SRCH: no such
     * process under the authority; E_INVAL: signal not in 1 to DEATH_LAST. */
    SYS_PROCESS_KILL,
    /* process_open(authority [MANAGE], pid, rights) -> handle of that process. E_SRCH; E_INVAL: a
     * right that processes do not have. */
    SYS_PROCESS_OPEN,
    /* process_watch(event [SIGNAL], bits): from now on the end of a child signals the event;
     * HANDLE_NONE: no more. */
    SYS_PROCESS_WATCH,
    /* process_info(authority [WAIT], kind, pid, index, buffer, size) -> the pid described.
     * INFO_PROCESS: struct process_info of the process with the lowest pid not below `pid`;
     * INFO_THREAD: struct thread_info of that pid's thread with the lowest number not below
     * `index`. Fills at most size bytes. E_SRCH: none left; E_INVAL: unknown kind. */
    SYS_PROCESS_INFO,
    /* process_control(authority [MANAGE], pid, operation, value) -> 0. pid 0: the authority itself.
     * E_SRCH: no such process under the authority, or it has ended; E_PERM: above its ceiling;
     * E_INVAL: unknown operation or value, or no hart of an affinity runs. */
    SYS_PROCESS_CONTROL,

    /* thread_create(entry, sp, argument, tp) -> handle. Starts in the caller's process at entry, a0
     * = argument. E_INVAL: entry outside the user half; E_AGAIN: there are too many threads. */
    SYS_THREAD_CREATE,
    /* thread_exit(address): ends the calling thread; if address is not 0, the 32-bit word there
     * becomes 0 and its futex waiters wake. The last thread's exit ends the process with code 0.
     * Never returns. */
    SYS_THREAD_EXIT,
    /* thread_control(thread [MANAGE], operation, value) -> old value or 0. HANDLE_NONE: the calling
     * thread. E_PERM: priority above the process's ceiling; E_INVAL: unknown operation or value;
     * E_SRCH: the thread has ended. */
    SYS_THREAD_CONTROL,
    /* thread_yield(): lets other threads of the same priority run. */
    SYS_THREAD_YIELD,

    /* futex_wait(address, expected, deadline): if the 32-bit word is `expected`, waits for
     * futex_wake. E_AGAIN: it is not; E_TIMEDOUT; E_INVAL: unaligned. */
    SYS_FUTEX_WAIT,
    /* futex_wake(address, count) -> number of threads woken. E_INVAL: unaligned. */
    SYS_FUTEX_WAKE,

    /* clock_get() -> nanoseconds since boot. */
    SYS_CLOCK_GET,
    /* clock_sleep(deadline): returns once it has passed. */
    SYS_CLOCK_SLEEP,

    /* handle_close(handle). */
    SYS_HANDLE_CLOSE,
    /* handle_dup(handle [DUP], target, rights, flags) -> new handle of the same object with the
     * rights that both have. `target` is the number to use (what stands there is closed first,
     * after all checks), or DUP_LOWEST | minimum. E_INVAL: unknown flags or target; E_MFILE. */
    SYS_HANDLE_DUP,
    /* handle_control(handle, operation, value). E_INVAL. */
    SYS_HANDLE_CONTROL,

    /* port_create() -> handle with all rights. */
    SYS_PORT_CREATE,
    /* channel_create(port [RECV], badge) -> handle with SEND and DUP. */
    SYS_CHANNEL_CREATE,
    /* recv(port [RECV]): message.h. Waits for a message, a CLOSED or an EVENT. */
    SYS_RECV,
    /* reply(token, ...): message.h. E_INVAL: label with kernel bits, or both of MOVE and COPY;
     * E_SRCH: no such caller (it died, or the token is stale or another process's). When the
     * caller's table has no room for a handle that rides, that is the caller's error: it gets
     * E_MFILE or E_NOMEM as its status, and a handle that was to move is closed. */
    SYS_REPLY,
    /* ipc_read(token, offset, address, length, 0) -> length. The fifth argument counts what is done
     * when a long copy restarts. Copies from the caller's buffer. E_SRCH;
     * E_PERM: not declared BUFFER_IN; E_MSGSIZE: beyond the declared length; E_FAULT: on either
     * side. */
    SYS_IPC_READ,
    /* ipc_write(token, offset, address, length) -> length. Copies into the caller's buffer,
     * declared BUFFER_OUT. */
    SYS_IPC_WRITE,

    /* event_create() -> handle with all rights. */
    SYS_EVENT_CREATE,
    /* event_signal(event [SIGNAL], bits). */
    SYS_EVENT_SIGNAL,
    /* event_wait(event [WAIT], mask, deadline) -> 0; a1: pending bits of the mask, now cleared.
     * E_TIMEDOUT; E_INVAL: empty mask, or the event is bound to a port. */
    SYS_EVENT_WAIT,
    /* event_bind(event [WAIT], port [RECV], badge): pending bits go to recv of that port as
     * MESSAGE_EVENT. HANDLE_NONE: unbinds. */
    SYS_EVENT_BIND,
    /* event_timer(event [SIGNAL], bits, deadline, period): signals bits at the deadline, then every
     * `period` ns if it is not 0; one timer an event; DEADLINE_NONE disarms. E_INVAL: a period
     * below 100 microseconds. */
    SYS_EVENT_TIMER,

    /* irq_bind(irq [MANAGE], event [SIGNAL], bits): enables the interrupt; each one signals bits
     * and stays silent until irq_ack. */
    SYS_IRQ_BIND,
    /* irq_ack(irq [MANAGE]): the device is quiet, the interrupt may come again. */
    SYS_IRQ_ACK,

    /* memory_create(bytes, kind, source, badge) -> handle with all rights. Size is rounded up to
     * pages. MEMORY_DMA: `source` is a device memory handle [MANAGE]. MEMORY_PAGED: it is the
     * pager's port [RECV]; when handles and mappings of the object are gone, it hears CLOSED with
     * the badge. E_INVAL: zero, too large or unknown kind. */
    SYS_MEMORY_CREATE,
    /* memory_info(memory, buffer): fills struct memory_info; the physical address only with
     * [MANAGE], else 0. */
    SYS_MEMORY_INFO,

    /* space_create() -> handle of an empty address space, with MAP and MANAGE. */
    SYS_SPACE_CREATE,
    /* space_print(authority [WAIT], pid, buffer, size) -> length of the whole text, of which at
     * most `size` bytes are written. pid 0: the authority itself. E_SRCH. */
    SYS_SPACE_PRINT,
    /* vm_map(space [MAP], address, length, flags, memory [MAP] or HANDLE_NONE, offset) -> address.
     * HANDLE_NONE: zeroed pages of its own. Length is rounded up to pages, address and offset are
     * page-aligned. E_INVAL; E_EXIST: MAP_EXACT and something is there; E_ACCES: writing to a
     * read-only object, or write with execute; E_RANGE: beyond the object's end; E_NOMEM: also more
     * than all memory of the machine. Pages are found later: when there is none then, the process
     * that touched the page is killed. */
    SYS_VM_MAP,
    /* vm_unmap(space [MAP], address, length): removes what is mapped there, parts of mappings too.
     * Length is rounded up to pages. E_INVAL: unaligned, zero, or outside the user half; E_NOMEM: a
     * mapping or a larger page cannot be divided at an edge; what lay before that edge may be gone.
     * May be observed at its `ecall` while it goes on. */
    SYS_VM_UNMAP,
    /* vm_protect(space [MAP], address, length, flags): other permissions, MAP_READ, MAP_WRITE and
     * MAP_EXECUTE, or MAP_NONE, for pages that are mapped. E_INVAL; E_NOENT: some page is not
     * mapped (nothing changes); E_ACCES: writing to a read-only object, or write with execute. */
    SYS_VM_PROTECT,
    /* vm_query(authority [WAIT], pid, address, buffer, size) -> bytes filled: struct vm_area of the
     * mapping that holds the address, or comes next. pid 0: the authority itself. E_SRCH: no such
     * process; E_NOENT: no mapping is there or behind. */
    SYS_VM_QUERY,
    /* memory_evict(memory [MANAGE], page, count, address, flags) -> how many of the pages were
     * there, all of which are gone now from the object and from every mapping; a1: those that may
     * have been written since they came, a bit each, whose contents are at `address` now, each at
     * its place. Copies that private mappings have made stay. PAGER_KEEP: the pages stay, but
     * whoever uses one finds it anew; a1: those that somebody looked for since the last time.
     * E_INVAL: the object has no pager, no pages or more than PAGER_PAGES_MAX, unknown flags;
     * E_RANGE: beyond the object's end. On error the pages stay. */
    SYS_MEMORY_EVICT,

    /* system_info(authority [WAIT], kind, buffer, size) -> bytes filled. The authority is init's
     * process. E_INVAL. */
    SYS_SYSTEM_INFO,
    /* system_control(authority [MANAGE], operation, a, b). The authority is init's process.
     * E_INVAL. */
    SYS_SYSTEM_CONTROL,

    SYSTEM_CALLS,
};
