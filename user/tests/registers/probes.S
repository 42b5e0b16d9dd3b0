/* probes.S - only in assembly does each register hold what one thinks it does (probes.h).
 *
 * The frame of an integer probe: 256 bytes for the registers that it sees, 256 for those that it
 * must give back to its caller, 16 spare. x2 is sp and takes no part in filling.
 */
/* SYS_THREAD_EXIT and SYS_PROCESS_EXIT; main.c asserts that they are. */
#define PROBE_THREAD_EXIT 13
#define PROBE_PROCESS_EXIT 5

#define FRAME 528
#define CALLERS 256
#define SPARE 512

.macro each_integer operation, slot=0
.irp n, 1,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \operation \n, \slot
.endr
.endm

.macro fill n, slot
    li x\n, \n * 0x0101010101010101
.endm

.macro store n, slot
    sd x\n, \slot + \n * 8(sp)
.endm

.macro load n, slot
    ld x\n, \slot + \n * 8(sp)
.endm

.macro each_float operation, base
.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \operation f\n, \n * 8(\base)
.endr
.endm

.macro each_saved_float operation
.irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    \operation fs\n, \n * 8(sp)
.endr
.endm

.text
.globl probe_call
probe_call:
    addi sp, sp, -FRAME
    each_integer store, CALLERS
    each_integer fill
    ld t0, CALLERS + 11 * 8(sp)
.irp n, 0,1,2,3,4,5,6,7
    ld a\n, \n * 8(t0)
.endr
    li t0, 5 * 0x0101010101010101
    ecall
    each_integer store
    j copy_and_return

.globl probe_compute
probe_compute:
    addi sp, sp, -FRAME
    each_integer store, CALLERS
    each_integer fill
    sd t0, SPARE(sp)
1:  ld t0, CALLERS + 11 * 8(sp)
    addi t0, t0, -1
    sd t0, CALLERS + 11 * 8(sp)
    bnez t0, 1b
    ld t0, SPARE(sp)
    each_integer store

/* Copies the 256 bytes at sp to where the caller's a0 points, and gives it its registers. */
copy_and_return:
    sd zero, 0(sp)
    sd zero, 2 * 8(sp)
    ld t0, CALLERS + 10 * 8(sp)
    mv t1, sp
    addi t2, sp, 256
1:  ld t3, (t1)
    sd t3, (t0)
    addi t0, t0, 8
    addi t1, t1, 8
    bne t1, t2, 1b
    each_integer load, CALLERS
    addi sp, sp, FRAME
    ret

.globl probe_float
probe_float:
    addi sp, sp, -96
    each_saved_float fsd
    each_float fld, a1
1:  addi a2, a2, -1
    bnez a2, 1b
    each_float fsd, a0
    each_saved_float fld
    addi sp, sp, 96
    ret

.globl probe_float_call
probe_float_call:
    addi sp, sp, -112
    each_saved_float fsd
    sd s0, 96(sp)
    sd ra, 104(sp)
    mv s0, a0
    each_float fld, a1
    mv t0, a2
.irp n, 0,1,2,3,4,5,6,7
    ld a\n, \n * 8(t0)
.endr
    ecall
    each_float fsd, s0
    each_saved_float fld
    ld s0, 96(sp)
    ld ra, 104(sp)
    addi sp, sp, 112
    ret

.globl probe_thread
probe_thread:
    sd zero, (a0)
.irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd x\n, \n * 8(a0)
.endr
    addi a1, a0, 256
    each_float fsd, a1
    addi a0, a1, 256
    li a7, PROBE_THREAD_EXIT
    ecall

/* A program of its own, for an empty space: exits with 0 if all registers but sp are zero. */
.globl probe_program, probe_program_end
probe_program:
    or a0, a0, ra
.irp n, 3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    or a0, a0, x\n
.endr
.irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fmv.x.d a1, f\n
    or a0, a0, a1
.endr
    frcsr a1
    or a0, a0, a1
    snez a0, a0
    li a7, PROBE_PROCESS_EXIT
    ecall
probe_program_end:
