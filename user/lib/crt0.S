/* crt0.S - where a program begins: from the kernel's registers to C.
 *
 * All registers are zero but sp, which is 16-aligned and points at the start block (argc, argv and
 * so on: include/octavo/program.h). The main thread's thread-local storage lies below the start
 * block and its stack below that. No frame comes before this one: ra is marked undefined, so that a
 * debugger's backtrace ends here.
 */
    .section .text.startup._start, "ax"
    .globl _start
    .type _start, @function
_start:
    .cfi_startproc
    .cfi_undefined ra

    /* Small data are reached from gp (RISC-V ELF psABI, "Global-pointer relaxation"); the
     * instruction that sets it must not itself be relaxed to use it. */
    .option push
    .option norelax
    la gp, __global_pointer$
    .option pop

    mv s1, sp

    /* tp points at the block's first byte (psABI, "Thread-local storage": TLS variant I, and no
     * header between tp and the data), aligned as the strictest variable wants it. */
    la t0, __tls_size
    la t1, __tls_align
    sub sp, sp, t0
    neg t1, t1
    and sp, sp, t1
    mv tp, sp
    andi sp, sp, -16

    mv a0, tp
    call _init_tls      /* the C library's: copies .tdata and clears .tbss, without tp */

    li s0, 0            /* the frame-pointer chain ends here too */
    mv a0, s1
    call start_process  /* start.c; does not return */
    .cfi_endproc
    .size _start, . - _start
