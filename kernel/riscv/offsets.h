#pragma once
/* offsets.h - places of fields that assembly reaches. Each is bound to its field by a static
 * assertion in offsets.c.
 */
#define THREAD_PROCESS       264
#define THREAD_STATE         272
#define THREAD_PRIORITY      276
#define THREAD_BASE_PRIORITY 277
#define THREAD_PORT_LINK     280
#define THREAD_TOKEN         288
#define THREAD_PORT          296
#define THREAD_SERVER        304
#define THREAD_LENDS_TO      312
#define THREAD_DIRECT        320
#define THREAD_CPU_TICKS     328

#define PROCESS_PID          12
#define PROCESS_PARENT_PID   16
#define PROCESS_FAST_HANDLES 32
#define PROCESS_ENTRIES      24
#define PROCESS_SPACE        88

#define CHANNEL_PORT  16
#define CHANNEL_BADGE 24

#define PORT_LOCK      16
#define PORT_QUEUE     48
#define PORT_RECEIVERS 64
#define PORT_CALLERS   72

#define SPACE_SATP 16

#define HART_CURRENT       16
#define HART_STARTED_TICKS 24
#define HART_LIMIT         32
#define HART_ID            40
#define HART_SIZE          512

/* A handle's entry is found from the start of the table. */
#define HANDLE_SHIFT  4
#define HANDLE_FAST   268
#define HANDLE_OBJECT 256

#define TOKEN_SLOT_BITS 16

#define NUMBER_PROCESS_ID 2
#define NUMBER_CALL       0
#define NUMBER_REPLY_RECV 1
#define STATE_REPLY       2
#define STATE_RECV        3
#define CAUSE_ECALL       8
#define LABEL_BITS        32
#define BUFFER_FLAG_BITS  34
#define USER_ADDRESS_BITS 38
#define FS_SHIFT          13
