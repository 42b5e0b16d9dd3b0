/* offsets.c - binds what assembly believes to what C says. */
#include "kernel/riscv/offsets.h"

#include <stddef.h>

#include <octavo/message.h>
#include <octavo/syscall.h>

#include "kernel/port.h"
#include "kernel/process.h"
#include "kernel/riscv/csr.h"
#include "kernel/riscv/hart.h"
#include "kernel/space.h"
#include "kernel/thread.h"

#define BIND(type, field, offset) _Static_assert(offsetof(type, field) == (offset), #offset)

BIND(struct thread, process, THREAD_PROCESS);
BIND(struct thread, state, THREAD_STATE);
BIND(struct thread, priority, THREAD_PRIORITY);
BIND(struct thread, base_priority, THREAD_BASE_PRIORITY);
BIND(struct thread, port_link, THREAD_PORT_LINK);
BIND(struct thread, token, THREAD_TOKEN);
BIND(struct thread, port, THREAD_PORT);
BIND(struct thread, server, THREAD_SERVER);
BIND(struct thread, lends_to, THREAD_LENDS_TO);
BIND(struct thread, direct, THREAD_DIRECT);
BIND(struct thread, cpu_ticks, THREAD_CPU_TICKS);
BIND(struct process, pid, PROCESS_PID);
BIND(struct process, parent_pid, PROCESS_PARENT_PID);
BIND(struct process, handles.entries, PROCESS_ENTRIES);
BIND(struct process, handles.fast_limit, PROCESS_FAST_HANDLES);
BIND(struct process, space, PROCESS_SPACE);
BIND(struct channel, port, CHANNEL_PORT);
BIND(struct channel, badge, CHANNEL_BADGE);
BIND(struct port, lock.held, PORT_LOCK);
BIND(struct port, queue, PORT_QUEUE);
BIND(struct port, receivers, PORT_RECEIVERS);
BIND(struct port, callers, PORT_CALLERS);
BIND(struct space, tlb.satp, SPACE_SATP);
BIND(struct hart, current, HART_CURRENT);
BIND(struct hart, started_ticks, HART_STARTED_TICKS);
BIND(struct hart, limit, HART_LIMIT);
BIND(struct hart, id, HART_ID);
_Static_assert(sizeof(struct hart) == HART_SIZE, "boot.S");
BIND(struct handle_entry, fast, HANDLE_FAST - HANDLE_OBJECT);

_Static_assert(sizeof(struct handle_entry) == 1 << HANDLE_SHIFT, "HANDLE_SHIFT");
_Static_assert(HANDLE_OBJECT == (HANDLE_LIMIT - HANDLE_FIXED) << HANDLE_SHIFT, "HANDLE_OBJECT");
_Static_assert(THREAD_READY == 0, "fastpath.S stores zero");
_Static_assert((int)SYS_PROCESS_ID == NUMBER_PROCESS_ID, "NUMBER_PROCESS_ID");
_Static_assert((int)SYS_CALL == NUMBER_CALL, "NUMBER_CALL");
_Static_assert((int)SYS_REPLY_RECV == NUMBER_REPLY_RECV, "NUMBER_REPLY_RECV");
_Static_assert((int)THREAD_REPLY == STATE_REPLY, "STATE_REPLY");
_Static_assert((int)THREAD_RECV == STATE_RECV, "STATE_RECV");
_Static_assert((int)EXCEPTION_ECALL_USER == CAUSE_ECALL, "CAUSE_ECALL");
_Static_assert(MESSAGE_LABEL == (1ull << LABEL_BITS) - 1, "LABEL_BITS");
_Static_assert((BUFFER_LENGTH | BUFFER_IN | BUFFER_OUT) == (1ull << BUFFER_FLAG_BITS) - 1,
               "BUFFER_FLAG_BITS");
_Static_assert(1ull << USER_ADDRESS_BITS == (uint64_t)PAGE_SIZE << (3 * TABLE_BITS - 1),
               "USER_ADDRESS_BITS: the lower half of Sv39, the smallest");
_Static_assert(SSTATUS_FS == 3ull << FS_SHIFT, "FS_SHIFT");
_Static_assert(FAST_SEND == 1u << 31, "fastpath.S tests the sign bit");
_Static_assert(FAST_RECV == 1u << 30, "fastpath.S tests the bit below it");
