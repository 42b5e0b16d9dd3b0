/* thread.c - threads: a stack, thread-local storage, and a word that says when it is over.
 *
 * A thread's memory is one mapping in a slot of its own: stack, then its thread-local storage at
 * the top. A slot is larger than the mapping by a page, which stays free below the stack. Slots are
 * found by trying: MAP_EXACT refuses one that is in use, so no table needs to be right after fork.
 */
#include <octavo/thread.h>

#include <octavo/calls.h>
#include <picotls.h>
#include <stddef.h>

#define SLOTS_START 0x2000000000ull
enum {
    THREAD_MEMORY = 64 * 1024,
    SLOT_SIZE = THREAD_MEMORY + 4096,
    SLOTS_MAX = 4096,
    STACK_ALIGN = 16,
};

/* -> the lowest address of the memory, or a negated error. */
static long memory_take(void)
{
    long result = -E_NOMEM;

    for (uint64_t slot = 0; slot < SLOTS_MAX; slot++) {
        struct mapping stack = {.address = SLOTS_START + slot * SLOT_SIZE + 4096,
                                .length = THREAD_MEMORY,
                                .flags = MAP_READ | MAP_WRITE | MAP_EXACT,
                                .memory = HANDLE_NONE};

        result = vm_map(HANDLE_SPACE, &stack);
        if (result != -E_EXIST)
            break;
    }
    return result;
}

static _Noreturn void thread_main(struct thread *thread)
{
    thread->result = thread->run(thread->argument);
    thread_exit(&thread->alive);
}

/* A new thread begins with tp but without gp (psABI: every thread has the same). */
__attribute__((naked)) static void thread_entry(void)
{
    __asm__(".option push\n"
            ".option norelax\n"
            "la gp, __global_pointer$\n"
            ".option pop\n"
            "tail %0\n"
            :
            : "i"(thread_main));
}

long thread_start(struct thread *thread, void *(*run)(void *), void *argument)
{
    long memory = memory_take();
    uint64_t tls, handle;

    if (memory < 0)
        return memory;
    tls = ((uint64_t)memory + THREAD_MEMORY - _tls_size()) & -(uint64_t)_tls_align();
    _init_tls((void *)tls);
    *thread =
        (struct thread){.alive = 1, .memory = (uint64_t)memory, .run = run, .argument = argument};

    handle = thread_create(CALL_POINTER(thread_entry), tls & -(uint64_t)STACK_ALIGN,
                           CALL_POINTER(thread), tls);
    if ((long)handle < 0) {
        vm_unmap(HANDLE_SPACE, thread->memory, THREAD_MEMORY);
        return (long)handle;
    }
    thread->handle = (int)handle;
    return 0;
}

void *thread_join(struct thread *thread)
{
    while (__atomic_load_n(&thread->alive, __ATOMIC_ACQUIRE) != 0)
        futex_wait(&thread->alive, 1, DEADLINE_NONE);
    vm_unmap(HANDLE_SPACE, thread->memory, THREAD_MEMORY);
    handle_close(thread->handle);
    return thread->result;
}
