/* cases_process.c - what processes share and inherit, mappings, and many files at once. */
#include <stddef.h>

#include "cases.h"

const struct test_case process_cases[] = {
    {"fork_shares_offset",
     "make f abcdef; open a f r; read a 1; child; read a 2; parent; read a 2; seek a 0 cur"},
    {"fork_child_seeks", "make f abcdef; open a f r; child; seek a 4 set; parent; read a 9"},
    {"fork_close_is_own", "make f abcdef; open a f r; child; close a; parent; read a 3"},
    {"fork_opens_are_own", "make f abc; child; open a f r; read a 1; parent; open a f r; read a 2"},
    {"fork_append", "open a f wac 644; write a 1; child; write a 2; parent; write a 3; cat f"},
    {"fork_write_shares_offset",
     "open a f +c 644; write a ab; child; write a cd; parent; write a ef; cat f"},
    {"fork_flags_shared", "make f; open a f w; child; setfl a a; parent; getfl a"},
    {"fork_fd_flags_own", "make f; open a f r; child; setfd a 1; getfd a; parent; getfd a"},
    {"fork_directory_own", "mkdir d; child; chdir d; getcwd; parent; getcwd"},
    {"fork_mask_own", "umask 77; child; umask 7; parent; umask 22"},
    {"fork_unlinked", "open a f +c 644; write a abc; unlink f; child; pread a 3 0; write a d; "
                      "close a; parent; pread a 4 0; fstat a"},
    {"fork_removes", "make f abc; open a f r; child; unlink f; parent; stat f; read a 3"},
    {"fork_truncates",
     "make f abcdef; open a f r; read a 2; child; truncate f 3; parent; read a 9"},
    {"fork_directory_offset",
     "mkdir d; crowd d 5; opendir d; next 7; child; rest; parent; rest; closedir"},
    {"exec_keeps", "make f; open a f r; kept a"},
    {"exec_closes", "make f; open a f re; kept a; read a 1"},
    {"exec_flag_set", "make f; open a f r; setfd a 1; kept a; setfd a 0; kept a"},
    {"exec_dup_keeps", "make f; open a f re; dup b a; kept b; dupfd c a 20 e; kept c"},
    {"exec_mask", "umask 27; keptmask; umask 0; keptmask; umask 77; keptmask"},
    {"many_open_files", "many 1000"},
    {"many_open_twice", "mkdir a; mkdir b; chdir a; many 500; chdir ../b; many 500; list ../a"},
    {"map_errors", "make f abc; open a f r; mapwrong a length; mapwrong a offset; mapwrong a "
                   "flags; mapwrong ! right; close a; mapwrong a right"},
    {"map_directory", "mkdir d; open a d r; mapwrong a right"},
    {"map_write_only", "make f abc; open a f w; map a 4096 shared r 0; map a 4096 private r 0"},
    {"map_read_only_shared_write", "make f abc; open a f r; map a 4096 shared w 0"},
    {"map_shared_reads", "make f hello; open a f +; map a 4096 shared r 0; peek 0 7; unmap"},
    {"map_private_reads", "make f hello; open a f r; map a 4096 private r 0; peek 0 7; unmap"},
    {"map_shared_writes", "make f hello; open a f +; map a 4096 shared w 0; poke 0 HE; cat f; "
                          "msync; unmap; cat f; stat f"},
    {"map_private_writes",
     "make f hello; open a f r; map a 4096 private w 0; poke 0 HE; peek 0 5; cat f; unmap"},
    {"map_sees_writes",
     "make f hello; open a f +; map a 4096 shared r 0; peek 0 5; pwrite a J 0; peek 0 5; unmap"},
    {"map_survives_close", "make f hello; open a f +; map a 4096 shared w 0; close a; unlink f; "
                           "poke 0 J; peek 0 5; unmap"},
    {"map_offset", "open a f +c 644; fill a 10000; map a 4096 shared r 4096; peek 0 4; unmap; map "
                   "a 8192 private r 4096; peek 4096 4; unmap"},
    {"map_tail_is_zero",
     "make f hello; open a f r; map a 4096 private r 0; peek 4 4; peek 4094 2; unmap"},
    {"map_child_shares", "make f hello; open a f +; map a 4096 shared w 0; child; poke 0 J; "
                         "parent; peek 0 5; unmap; cat f"},
    {"map_child_private", "make f hello; open a f +; map a 4096 private w 0; child; poke 0 J; "
                          "parent; peek 0 5; unmap; cat f"},
    {"map_two",
     "make f hello; open a f +; open b f +; map a 4096 shared w 0; poke 1 a; read b 5; unmap"},
    {"map_sync_flags", "make f abc; open a f +; map a 4096 shared w 0; msync bad; msync; unmap"},
    {NULL, NULL},
};
