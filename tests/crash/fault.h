#pragma once
/* fault.h - a bug that a test program is linked with, to see that it is found. */

/* What it is; NULL: none, and nothing may be wrong. */
extern const char *const planted_fault;
