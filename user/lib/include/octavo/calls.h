#pragma once
/* calls.h - every system call of <octavo/syscall.h> as a C function. Messages are in
 * <octavo/ipc.h>.
 *
 * Arguments, rights and errors stand in <octavo/syscall.h>. A result is a value that is not
 * negative, or the negative of an `enum error`; errno is not touched. The functions hold no state:
 * they are inline and cost the loads of their arguments and the `ecall`.
 */
#include <octavo/error.h>
#include <octavo/handle.h>
#include <octavo/memory.h>
#include <octavo/pager.h>
#include <octavo/process.h>
#include <octavo/syscall.h>
#include <octavo/system.h>
#include <stddef.h>
#include <stdint.h>

/* What a system call takes, a0 to a5, and what it gives back in a0 and a1. */
struct call_arguments {
    uint64_t a[6];
};
struct call_result {
    long value;
    uint64_t second;
};

/* The registers that a system call changes besides a0 to a7: the caller-saved ones but ra, which
 * the kernel clears (RISC-V ELF psABI, "Integer Register Convention"). */
#define SYSTEM_CALL_CLOBBERS "t0", "t1", "t2", "t3", "t4", "t5", "t6", "memory"

/* The bare system call; any number, any arguments. */
static inline struct call_result system_call_raw(uint64_t number, struct call_arguments arguments)
{
    register uint64_t a0 __asm__("a0") = arguments.a[0];
    register uint64_t a1 __asm__("a1") = arguments.a[1];
    register uint64_t a2 __asm__("a2") = arguments.a[2];
    register uint64_t a3 __asm__("a3") = arguments.a[3];
    register uint64_t a4 __asm__("a4") = arguments.a[4];
    register uint64_t a5 __asm__("a5") = arguments.a[5];
    register uint64_t a6 __asm__("a6") = 0;
    register uint64_t a7 __asm__("a7") = number;

    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1), "+r"(a2), "+r"(a3), "+r"(a4), "+r"(a5), "+r"(a6),
                       "+r"(a7)
                     :
                     : SYSTEM_CALL_CLOBBERS);
    return (struct call_result){.value = (long)a0, .second = a1};
}

/* system_call(SYS_NAME, up to six integers) -> struct call_result. */
#define system_call(number, ...) \
    system_call_raw((number), (struct call_arguments){.a = {__VA_ARGS__}})

/* A pointer, or a signed number such as a handle, as a register holds it. */
#define CALL_POINTER(pointer) ((uint64_t)(uintptr_t)(pointer))
#define CALL_SIGNED(number)   ((uint64_t)(int64_t)(number))

/* ---- processes --------------------------------------------------------------------------- */

/* -> pid of the caller. */
static inline long process_id(void) { return system_call(SYS_PROCESS_ID, 0).value; }

/* -> pid of the caller's parent. */
static inline long process_parent(void) { return (long)system_call(SYS_PROCESS_ID, 0).second; }

/* -> the child's pid, and 0 in the child. */
static inline long process_fork(void) { return system_call(SYS_PROCESS_FORK, 0).value; }

/* Returns only on failure. */
static inline long process_exec(int space, uint64_t entry, uint64_t sp, const char *name,
                                size_t length)
{
    return system_call(SYS_PROCESS_EXEC, CALL_SIGNED(space), entry, sp, CALL_POINTER(name), length)
        .value;
}

static inline _Noreturn void process_exit(int code)
{
    system_call(SYS_PROCESS_EXIT, CALL_SIGNED(code));
    __builtin_unreachable();
}

/* -> pid; *status is written only then, and status may be NULL. */
static inline long process_wait(int pid, unsigned options, int *status)
{
    struct call_result result = system_call(SYS_PROCESS_WAIT, CALL_SIGNED(pid), options);

    if (result.value > 0 && status != NULL)
        *status = (int)result.second;
    return result.value;
}

/* signal: the number, with KILL_TREE or'ed to it or not. */
static inline long process_kill(int authority, int pid, int signal)
{
    return system_call(SYS_PROCESS_KILL, CALL_SIGNED(authority), CALL_SIGNED(pid),
                       CALL_SIGNED(signal))
        .value;
}

static inline long process_open(int authority, int pid, uint32_t rights)
{
    return system_call(SYS_PROCESS_OPEN, CALL_SIGNED(authority), CALL_SIGNED(pid), rights).value;
}

static inline long process_watch(int event, uint64_t bits)
{
    return system_call(SYS_PROCESS_WATCH, CALL_SIGNED(event), bits).value;
}

/* Describes the process with the lowest pid not below `pid`. */
static inline long process_info(int authority, int pid, struct process_info *info)
{
    return system_call(SYS_PROCESS_INFO, CALL_SIGNED(authority), INFO_PROCESS, CALL_SIGNED(pid), 0,
                       CALL_POINTER(info), sizeof(*info))
        .value;
}

/* Describes the thread of process `pid` with the lowest number not below `index`. */
static inline long thread_info(int authority, int pid, int index, struct thread_info *info)
{
    return system_call(SYS_PROCESS_INFO, CALL_SIGNED(authority), INFO_THREAD, CALL_SIGNED(pid),
                       CALL_SIGNED(index), CALL_POINTER(info), sizeof(*info))
        .value;
}

/* Controls all threads of process `pid`: PROCESS_SET_PRIORITY... */
static inline long process_control(int authority, int pid, unsigned operation, uint64_t value)
{
    return system_call(SYS_PROCESS_CONTROL, CALL_SIGNED(authority), CALL_SIGNED(pid), operation,
                       value)
        .value;
}

/* ---- threads; <octavo/thread.h> has what programs want ----------------------------------- */

static inline long thread_create(uint64_t entry, uint64_t sp, uint64_t argument, uint64_t tp)
{
    return system_call(SYS_THREAD_CREATE, entry, sp, argument, tp).value;
}

static inline _Noreturn void thread_exit(const uint32_t *address)
{
    system_call(SYS_THREAD_EXIT, CALL_POINTER(address));
    __builtin_unreachable();
}

static inline long thread_control(int thread, unsigned operation, uint64_t value)
{
    return system_call(SYS_THREAD_CONTROL, CALL_SIGNED(thread), operation, value).value;
}

static inline long thread_yield(void) { return system_call(SYS_THREAD_YIELD, 0).value; }

static inline long futex_wait(const uint32_t *address, uint32_t expected, uint64_t deadline)
{
    return system_call(SYS_FUTEX_WAIT, CALL_POINTER(address), expected, deadline).value;
}

static inline long futex_wake(const uint32_t *address, uint64_t count)
{
    return system_call(SYS_FUTEX_WAKE, CALL_POINTER(address), count).value;
}

/* ---- time -------------------------------------------------------------------------------- */

/* -> nanoseconds since boot. */
static inline uint64_t clock_get(void) { return (uint64_t)system_call(SYS_CLOCK_GET, 0).value; }

static inline long clock_sleep(uint64_t deadline)
{
    return system_call(SYS_CLOCK_SLEEP, deadline).value;
}

/* ---- handles ----------------------------------------------------------------------------- */

static inline long handle_close(int handle)
{
    return system_call(SYS_HANDLE_CLOSE, CALL_SIGNED(handle)).value;
}

/* target: a number, or DUP_LOWEST | minimum. flags: HANDLE_CLOEXEC or 0. */
static inline long handle_dup(int handle, int target, uint32_t rights, uint32_t flags)
{
    return system_call(SYS_HANDLE_DUP, CALL_SIGNED(handle), CALL_SIGNED(target), rights, flags)
        .value;
}

static inline long handle_control(int handle, unsigned operation, uint64_t value)
{
    return system_call(SYS_HANDLE_CONTROL, CALL_SIGNED(handle), operation, value).value;
}

/* ---- ports and events -------------------------------------------------------------------- */

static inline long port_create(void) { return system_call(SYS_PORT_CREATE, 0).value; }

static inline long channel_create(int port, uint64_t badge)
{
    return system_call(SYS_CHANNEL_CREATE, CALL_SIGNED(port), badge).value;
}

static inline long event_create(void) { return system_call(SYS_EVENT_CREATE, 0).value; }

static inline long event_signal(int event, uint64_t bits)
{
    return system_call(SYS_EVENT_SIGNAL, CALL_SIGNED(event), bits).value;
}

/* *bits is written on success; bits may be NULL. */
static inline long event_wait(int event, uint64_t mask, uint64_t deadline, uint64_t *bits)
{
    struct call_result result = system_call(SYS_EVENT_WAIT, CALL_SIGNED(event), mask, deadline);

    if (result.value == 0 && bits != NULL)
        *bits = result.second;
    return result.value;
}

static inline long event_bind(int event, int port, uint64_t badge)
{
    return system_call(SYS_EVENT_BIND, CALL_SIGNED(event), CALL_SIGNED(port), badge).value;
}

static inline long event_timer(int event, uint64_t bits, uint64_t deadline, uint64_t period)
{
    return system_call(SYS_EVENT_TIMER, CALL_SIGNED(event), bits, deadline, period).value;
}

static inline long irq_bind(int irq, int event, uint64_t bits)
{
    return system_call(SYS_IRQ_BIND, CALL_SIGNED(irq), CALL_SIGNED(event), bits).value;
}

static inline long irq_ack(int irq) { return system_call(SYS_IRQ_ACK, CALL_SIGNED(irq)).value; }

/* ---- memory ------------------------------------------------------------------------------ */

/* Pages come from who receives from `port`. */
static inline long memory_create_paged(uint64_t bytes, int port, uint64_t badge)
{
    return system_call(SYS_MEMORY_CREATE, bytes, MEMORY_PAGED, CALL_SIGNED(port), badge).value;
}

/* `second` of the result says which pages, a bit each. */
static inline struct call_result memory_evict(int memory, uint64_t page, uint64_t count,
                                              void *contents, uint64_t flags)
{
    return system_call(SYS_MEMORY_EVICT, CALL_SIGNED(memory), page, count, CALL_POINTER(contents),
                       flags);
}

/* device: HANDLE_NONE unless kind is MEMORY_DMA. */
static inline long memory_create(uint64_t bytes, enum memory_kind kind, int device)
{
    return system_call(SYS_MEMORY_CREATE, bytes, kind, CALL_SIGNED(device)).value;
}

static inline long memory_info(int memory, struct memory_info *info)
{
    return system_call(SYS_MEMORY_INFO, CALL_SIGNED(memory), CALL_POINTER(info)).value;
}

static inline long space_create(void) { return system_call(SYS_SPACE_CREATE, 0).value; }

static inline long space_print(int authority, int pid, char *buffer, size_t size)
{
    return system_call(SYS_SPACE_PRINT, CALL_SIGNED(authority), CALL_SIGNED(pid),
                       CALL_POINTER(buffer), size)
        .value;
}

/* A mapping to make. Fields not named in an initializer are 0, which is a handle: set `memory`. */
struct mapping {
    uint64_t address; /* exact with MAP_EXACT, else a hint; 0: none */
    uint64_t length;  /* bytes */
    uint32_t flags;   /* MAP_ */
    int32_t memory;   /* a memory object, or HANDLE_NONE: zeroed pages */
    uint64_t offset;  /* in the memory object */
};

/* -> the address. */
static inline long vm_map(int space, const struct mapping *mapping)
{
    return system_call(SYS_VM_MAP, CALL_SIGNED(space), mapping->address, mapping->length,
                       mapping->flags, CALL_SIGNED(mapping->memory), mapping->offset)
        .value;
}

static inline long vm_unmap(int space, uint64_t address, uint64_t length)
{
    return system_call(SYS_VM_UNMAP, CALL_SIGNED(space), address, length).value;
}

/* `flags`: MAP_READ, MAP_WRITE, MAP_EXECUTE, or MAP_NONE. */
static inline long vm_protect(int space, uint64_t address, uint64_t length, uint32_t flags)
{
    return system_call(SYS_VM_PROTECT, CALL_SIGNED(space), address, length, flags).value;
}

/* The first mapping that ends behind `address`, in the space of a process. -> bytes filled. */
static inline long vm_query(int authority, int pid, uint64_t address, struct vm_area *area)
{
    return system_call(SYS_VM_QUERY, CALL_SIGNED(authority), CALL_SIGNED(pid), address,
                       CALL_POINTER(area), sizeof *area)
        .value;
}

/* ---- the machine ------------------------------------------------------------------------- */

static inline long system_info(int authority, enum system_info_kind kind, void *buffer, size_t size)
{
    return system_call(SYS_SYSTEM_INFO, CALL_SIGNED(authority), kind, CALL_POINTER(buffer), size)
        .value;
}

static inline long system_control(int authority, unsigned operation, uint64_t a, uint64_t b)
{
    return system_call(SYS_SYSTEM_CONTROL, CALL_SIGNED(authority), operation, a, b).value;
}
