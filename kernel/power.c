/* power.c - through the firmware, but for one thing that not every firmware tells the emulator: a
 * failure. There the test device of the device tree (compatible "sifive,test1") is written itself:
 * a code of 16 bits above 0x3333, FAIL.
 */
#include "kernel/power.h"

#include "kernel/machine.h"
#include "kernel/riscv/layout.h"
#include "kernel/riscv/sbi.h"

enum { FINISHER_FAIL = 0x3333, FAILURE_CODE = 1 };

void power_off(bool failure)
{
    if (failure && machine.finisher.size > 0)
        *(volatile uint32_t *)(DIRECT_MAP + machine.finisher.start) =
            FAILURE_CODE << 16 | FINISHER_FAIL;
    sbi_reset(SBI_SHUTDOWN, failure);
}

void power_reboot(void) { sbi_reset(SBI_REBOOT, false); }
