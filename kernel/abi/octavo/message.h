#pragma once
/* message.h - what a message carries, and in which registers.
 *
 *            a0       a1      a2 a3 a4  a5           a6                  a7
 * call       channel  label   words     buffer       length | direction  SYS_CALL
 *   returns  status   label   words     0            0
 * recv       port                                                        SYS_RECV
 *   returns  token    label   words     badge        length | direction
 * reply      token    label   words     status                           SYS_REPLY
 * reply_recv token    label   words     status       port                SYS_REPLY_RECV
 *   returns  as recv
 *
 * A label is the low 32 bits of a1; the bits above are flags. When MESSAGE_MOVE or MESSAGE_COPY is
 * set, the third word (a4) is a handle of the sender; the receiver finds its own number for it
 * there, with the same flag set. The words and the label reach the other side untouched. All other
 * caller-saved registers come back zero.
 */
#define MESSAGE_LABEL 0xffffffffull
#define MESSAGE_MOVE  (1ull << 32) /* a4 is a handle; the sender's is closed */
#define MESSAGE_COPY \
    (1ull << 33) /* a4 is a handle; the sender keeps its own, which needs RIGHT_DUP */

/* recv, with token 0: not a caller but news from the kernel. No sender can set these bits. */
#define MESSAGE_CLOSED (1ull << 40) /* the last handle of the channel with this badge is gone */
#define MESSAGE_EVENT \
    (1ull << 41) /* the event bound with this badge; a2 has the bits, now cleared */
#define MESSAGE_KERNEL (MESSAGE_CLOSED | MESSAGE_EVENT)

/* The buffer that a caller declares: length in bytes in the low 32 bits, and what the server may
 * do. */
#define BUFFER_LENGTH 0xffffffffull
#define BUFFER_IN     (1ull << 32) /* the server may read it (ipc_read) */
#define BUFFER_OUT    (1ull << 33) /* the server may write it (ipc_write) */
