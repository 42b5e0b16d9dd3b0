#pragma once
/* ipi.h - stands in for the kernel's on the host: what a hart does for others while it waits is a
 * function of the test. */

void hart_serve_requests(void);
