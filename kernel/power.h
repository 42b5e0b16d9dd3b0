#pragma once
/* power.h - the end of the machine. */
#include <stdbool.h>

/* Switches the machine off; an emulator ends with another status after a `failure`. */
void power_off(bool failure) __attribute__((noreturn));

/* Starts the machine again. */
void power_reboot(void) __attribute__((noreturn));
