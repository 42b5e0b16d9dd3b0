/* fpu_registers.S - moves the 32 floating-point registers and fcsr between the FPU and a struct
 * fpu_state. Nothing else in the kernel may use them, so the extension is switched on for this
 * file alone.
 */
    .option arch, +d

    .text
    .globl fpu_store
    .type fpu_store, @function
fpu_store:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fsd f\n, 8 * \n(a0)
    .endr
    frcsr t0
    sd t0, 256(a0)
    ret
    .size fpu_store, . - fpu_store

    .globl fpu_load
    .type fpu_load, @function
fpu_load:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fld f\n, 8 * \n(a0)
    .endr
    ld t0, 256(a0)
    fscsr t0
    ret
    .size fpu_load, . - fpu_load
