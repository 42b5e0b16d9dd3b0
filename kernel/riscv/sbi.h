#pragma once
/* sbi.h - the calls of the firmware that the kernel uses (RISC-V Supervisor Binary Interface
 * specification, version 1.0; the debug console is of 2.0). Every extension is probed before use.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Finds out which extensions there are. Before it, sbi_console_write uses the legacy call. */
void sbi_init(void);

/* Writes bytes to the firmware's console. */
void sbi_console_write(const char *text, size_t length);

/* Raises this hart's timer interrupt when `time` reaches `ticks`; UINT64_MAX: never. */
void sbi_set_timer(uint64_t ticks);

/* Can other harts be started and interrupted (extensions HSM and IPI)? */
bool sbi_has_harts(void);

/* Starts a stopped hart at a physical address, in supervisor mode with translation off, a0 = its
 * number. False: the firmware refused. */
bool sbi_start_hart(uint64_t hart, uint64_t address);

/* Makes a hart's software interrupt pending. */
void sbi_send_ipi(uint64_t hart);

enum sbi_reset { SBI_SHUTDOWN = 0, SBI_REBOOT = 1 };

/* Ends or restarts the machine. `failure` gives the emulator another exit status. */
void sbi_reset(enum sbi_reset kind, bool failure) __attribute__((noreturn));
