#pragma once
/* offsets.h - places of fields that assembly reaches. Each is bound to its field by a static
 * assertion in offsets.c.
 */
#define THREAD_PROCESS       264
#define THREAD_STATE         272
#define THREAD_PRIORITY      276
#define THREAD_BASE_PRIORITY 277
#define THREAD_LINK          280
#define THREAD_TOKEN         296
#define THREAD_PORT          304
#define THREAD_SERVER        312
#define THREAD_SERVED_BY     320
#define THREAD_CPU_TICKS     328

#define PROCESS_PID          12
#define PROCESS_PARENT_PID   16
#define PROCESS_SERVED       20
#define PROCESS_FAST_HANDLES 32
#define PROCESS_ENTRIES      24
#define PROCESS_SPACE        80

#define CHANNEL_PORT  16
#define CHANNEL_BADGE 24

#define PORT_LOCK          16
#define PORT_QUEUE         40
#define PORT_RECEIVERS     56
#define PORT_CALLERS       72
#define PORT_LAST_RECEIVER 88

#define SPACE_SATP 16

#define HART_CURRENT       16
#define HART_SPACE         24
#define HART_STARTED_TICKS 32

/* A handle's entry from the start of the table, and what its access half-word must hold: the right,
 * and the kind above. */
#define HANDLE_SHIFT     4
#define HANDLE_OBJECT    256
#define HANDLE_ACCESS    264
#define ACCESS_SEND_MASK 0x701
#define ACCESS_SEND      0x401
#define ACCESS_RECV_MASK 0x702
#define ACCESS_RECV      0x302

#define SLOT_SHIFT      4
#define SLOT_THREAD     0
#define SLOT_TOKEN      8
#define TOKEN_SLOT_BITS 16

#define NUMBER_PROCESS_ID 0
#define NUMBER_CALL       22
#define NUMBER_REPLY_RECV 25
#define STATE_REPLY       2
#define STATE_RECV        3
#define CAUSE_ECALL       8
#define LABEL_BITS        32
#define BUFFER_FLAG_BITS  34
#define USER_ADDRESS_BITS 38
#define FS_SHIFT          13
