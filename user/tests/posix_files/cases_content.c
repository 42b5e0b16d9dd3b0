/* cases_content.c - reading, writing, offsets, lengths, holes. */
#include <stddef.h>

#include "cases.h"

const struct test_case content_cases[] = {
    {"read_write",
     "open a f +c 644; write a hello; read a 5; seek a 0 set; read a 3; read a 9; read a 9"},
    {"read_nothing", "make f abc; open a f r; read a 0; seek a 0 cur; open b f w; read b 0"},
    {"write_nothing",
     "open a f +c 644; pwrite a x 9; truncate f 3; seek a 5 set; write a {0}; fstat a"},
    {"read_at_end",
     "make f abc; open a f r; seek a 3 set; read a 1; seek a 100 set; read a 1; seek a 0 cur"},
    {"pread_keeps_offset", "make f abcdef; open a f r; read a 2; pread a 3 3; pread a 3 5; pread a "
                           "3 6; pread a 3 100; seek a 0 cur"},
    {"pread_negative", "make f abc; open a f r; pread a 1 -1; pwrite a x -1; pread ! 1 -1"},
    {"pwrite_keeps_offset",
     "open a f +c 644; write a abc; pwrite a XY 1; seek a 0 cur; write a d; cat f"},
    {"pwrite_beyond", "open a f +c 644; pwrite a x 10; fstat a; runs a; seek a 0 cur"},
    {"write_beyond",
     "open a f +c 644; seek a 5 set; fstat a; write a x; fstat a; read a 1; pread a 9 0"},
    {"seek_set", "make f abcdef; open a f r; seek a 3 set; read a 1; seek a 0 set; read a 1; seek "
                 "a -1 set; seek a 0 cur"},
    {"seek_current", "make f abcdef; open a f r; seek a 2 cur; seek a 2 cur; seek a -3 cur; read a "
                     "1; seek a -9 cur; seek a 0 cur"},
    {"seek_end", "make f abcdef; open a f r; seek a 0 end; seek a -2 end; read a 9; seek a 4 end; "
                 "seek a -7 end; seek a 0 cur"},
    {"seek_far",
     "make f abc; open a f r; seek a 1000000000 set; read a 1; seek a 9223372036854775807 cur"},
    {"seek_bad_whence", "make f; open a f r; seek a 0 nowhere; seek a 0 cur"},
    {"seek_changed_end",
     "make f abc; open a f r; open b f wa; seek a 0 end; write b def; seek a 0 end"},
    {"truncate_down",
     "open a f +c 644; fill a 10000; ftruncate a 100; fstat a; runs a; seek a 0 cur"},
    {"truncate_up", "open a f +c 644; fill a 100; ftruncate a 10000; fstat a; runs a"},
    {"truncate_down_up",
     "open a f +c 644; fill a 10000; ftruncate a 5000; ftruncate a 10000; runs a"},
    {"truncate_in_page", "open a f +c 644; fill a 4096; ftruncate a 10; ftruncate a 20; runs a"},
    {"truncate_to_page",
     "open a f +c 644; fill a 20000; ftruncate a 8192; ftruncate a 16384; runs a"},
    {"truncate_zero",
     "open a f +c 644; fill a 5000; ftruncate a 0; fstat a; read a 5; write a x; runs a"},
    {"truncate_same", "make f abc; open a f +; ftruncate a 3; cat f"},
    {"truncate_path", "make f abcdef; truncate f 3; cat f; truncate f 5; cat f; stat f"},
    {"truncate_errors", "make f; mkdir d; truncate none 0; truncate d 0; truncate f -1; truncate "
                        "f/x 0; truncate f/ 0; truncate {0} 0"},
    {"truncate_link",
     "make f abc; symlink f l; truncate l 1; stat f; symlink none m; truncate m 0"},
    {"ftruncate_errors", "make f abc; mkdir d; open a f r; ftruncate a 0; open b f w; ftruncate b "
                         "-1; open c d r; ftruncate c 0"},
    {"truncate_open_append", "make f abcdef; open a f wa; truncate f 2; write a x; cat f"},
    {"truncate_large", "open a f +c 644; ftruncate a 1000000000; fstat a; pread a 3 999999990; "
                       "sparse f; ftruncate a 0; fstat a"},
    {"sparse_middle", "open a f +c 644; seek a 100000 set; fill a 5000; seek a 300000 set; fill a "
                      "1; runs a; sparse f"},
    {"sparse_fill_in", "open a f +c 644; ftruncate a 50000; seek a 20000 set; fill a 10000; runs "
                       "a; seek a 0 set; fill a 50000; runs a"},
    {"sparse_backwards", "open a f +c 644; seek a 40000 set; fill a 4000; seek a 20000 set; fill a "
                         "4000; seek a 0 set; fill a 4000; runs a"},
    {"sparse_far", "open a f +c 644; seek a 1000000 set; fill a 10; fstat a; pread a 10 999995; "
                   "truncate f 10; runs a"},
    {"write_over", "open a f +c 644; fill a 9000; seek a 4090 set; write a ABCDEFGHIJKL; pread a "
                   "14 4089; fstat a"},
    {"write_large",
     "open a f +c 644; fill a 1000000; fstat a; runs a; seek a 0 set; read a 1000000; read a 1"},
    {"write_unaligned", "open a f +c 644; fill a 1; fill a 4095; fill a 4097; fill a 3; runs a"},
    {"write_extends_others_view",
     "make f abc; open a f r; open b f w; read a 9; pwrite b x 10; read a 9"},
    {"readv", "make f abcdefghij; open a f r; readv a; readv a; readv a; seek a 0 cur"},
    {"preadv",
     "make f abcdefghij; open a f r; readv a 1; readv a 8; readv a 20; readv a -1; seek a 0 cur"},
    {"writev", "open a f +c 644; writev a abc defg; writev a h i; cat f; seek a 0 cur"},
    {"pwritev",
     "make f abcdefgh; open a f +; writev a 12 345 2; cat f; writev a x y -1; seek a 0 cur"},
    {"writev_append", "make f abc; open a f wa; writev a d e; cat f"},
    {"writev_long", "open a f +c 644; writev a {4000} {4000}; fstat a; read a 9; pread a 4 7998"},
    {"readv_counts", "make f abc; open a f r; readvn a 0; readvn a -1; readvn a 2000; readvn ! 0; "
                     "open b f w; readvn b 1"},
    {"fsync", "make f abc; open a f r; fsync a; fdatasync a; open b f w; fsync b; mkdir d; open c "
              "d r; fsync c; fdatasync c; sync"},
    {"append_after_growth", "open a f wac 644; write a ab; truncate f 10; write a c; stat f"},
    {"unlinked_contents", "open a f +c 644; fill a 9000; unlink f; runs a; ftruncate a 4000; seek "
                          "a 8000 set; fill a 10; runs a; fstat a"},
    {"two_writers",
     "open a f +c 644; open b f +; write a aaaa; write b bb; cat f; write b cc; write b dd; cat f"},
    {"offset_after_truncate",
     "make f abcdef; open a f +; read a 5; ftruncate a 2; read a 1; write a x; fstat a; runs a"},
    {NULL, NULL},
};
