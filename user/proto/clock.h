#pragma once
/* clock.h - the calendar: what the server of the real-time clock, registered as `clock`, answers.
 */
enum clock_label {
    /* -> w0: nanoseconds since 1970-01-01 00:00 UTC when the machine's clock (clock_get) was 0. */
    CLOCK_GET_START = 0x480,
    /* w0: nanoseconds since 1970, which it is now. */
    CLOCK_SET,
};
