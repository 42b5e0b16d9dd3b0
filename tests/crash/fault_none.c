/* fault_none.c - the store as it is. */
#include "fault.h"

#include <stddef.h>

const char *const planted_fault = NULL;
