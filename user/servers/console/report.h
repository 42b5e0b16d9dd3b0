#pragma once
/* report.h - what Ctrl-T shows. */

/* Shows every thread, its state and whom it waits for. */
void report_threads(void);
