/* cases_status.c - stat, modes, owners, times and what changes them. */
#include <stddef.h>

#include "cases.h"

const struct test_case status_cases[] = {
    {"stat",
     "make f abc; stat f; lstat f; mkdir d; stat d; stat none; lstat none; stat f/x; lstat f/"},
    {"stat_link", "make f abc; symlink f l; stat l; lstat l; symlink none m; stat m; lstat m"},
    {"stat_dots", "mkdir d; stat d/.; stat d/..; same d d/.; same . d/..; stat d//; same d/ d"},
    {"stat_root", "same / /..; same / //; same /. /../.."},
    {"stat_long", "stat {256}; lstat {256}; stat {5000}; stat {255}; lstat {255}/x"},
    {"fstat", "open a f +c 600; write a abc; fstat a; mkdir d; open b d r; fstat b"},
    {"fstatat_flags", "make f; symlink f l; fstatat . l; fstatat . l link; fstatat . f bad"},
    {"access", "make f; access f e; access f r; access f w; access f x; access f rwx; chmod f 100; "
               "access f x; access f rw"},
    {"access_root_may", "make f; chmod f 0; access f r; access f w; access f x; chmod f 1; access "
                        "f x; chmod f 444; access f w"},
    {"access_directory", "mkdir d; chmod d 0; access d rwx; make d/f; stat d/f; list d"},
    {"access_errors",
     "make f; access none r; access f/x r; access {0} e; access f ?; symlink none l; access l e"},
    {"faccessat", "mkdir d; make d/f; open a d r; faccessat a f r; faccessat a none r; faccessat . "
                  "d x; faccessat ! d r"},
    {"mode_zero_open", "make f abc; chmod f 0; open a f +; read a 3; cat f; truncate f 1; stat f"},
    {"chmod", "make f; chmod f 600; stat f; chmod f 7777; stat f; chmod f 0; stat f; mkdir d; "
              "chmod d 1777; stat d"},
    {"chmod_errors", "chmod none 600; make f; chmod f/x 600; chmod f/ 600; chmod {0} 644; chmod "
                     "{256} 600; symlink l l; chmod l 600"},
    {"chmod_ignores_mask", "umask 77; make f; stat f; chmod f 666; stat f"},
    {"chmod_open", "open a f +c 600; fchmod a 644; fstat a; stat f; fchmod a 0; write a x; unlink "
                   "f; fchmod a 600; fstat a"},
    {"fchmod_read_only",
     "make f; open a f r; fchmod a 600; stat f; mkdir d; open b d r; fchmod b 700; stat d"},
    {"fchmodat", "mkdir d; make d/f; open a d r; fchmodat a f 600; stat d/f; fchmodat ! f 600; "
                 "fchmodat a none 600"},
    {"umask", "umask 77; umask 27; umask 22; umask 777; make f; stat f; mkdir d; stat d; umask 0"},
    {"umask_more_bits",
     "umask 7022; umask 22; umask 0; open a f wc 666; stat f; mkdir d 777; stat d"},
    {"chown", "make f; chown f 12 34; owner f; chown f -1 56; owner f; chown f 78 -1; owner f; "
              "chown f -1 -1; owner f"},
    {"chown_link",
     "make f; symlink f l; chown l 1 2; owner f; owner l; lchown l 3 4; owner f; owner l"},
    {"chown_errors",
     "chown none 1 2; lchown none 1 2; make f; chown f/x 1 2; open a f r; fchown a 5 6; owner f"},
    {"owner_of_new", "make f; owner f; mkdir d; owner d; symlink x l; owner l"},
    {"utimens", "make f; utimens . f 1000 2000; times f; utimens . f omit 3000; times f; utimens . "
                "f 4000 omit; times f"},
    {"utimens_now", "make f; utimens . f 1 2; utimens . f now omit; times f; utimens . f omit now; "
                    "times f; utimens . f now 5; times f"},
    {"utimens_errors", "make f; utimens . f bad 1; utimens . f 1 bad; utimens . none 1 1; utimens "
                       ". none omit omit; utimens . f/x 1 1; utimens ! f 1 1; times f"},
    {"utimens_link", "make f; symlink f l; utimens . f 1 2; utimens . l 3 4 link; times l; times "
                     "f; utimens . l 5 6; times f"},
    {"utimens_directory",
     "mkdir d; utimens . d 10 20; times d; utimens . d/ 30 40; times d; make f; utimens . f/ 1 1"},
    {"utimens_negative", "make f; utimens . f -10 -20; times f; utimens . f 0 0; times f"},
    {"futimens", "open a f +c 644; futimens a 100 200; times f; futimens a omit 300; times f; "
                 "futimens a bad 1; futimens a now now; times f"},
    {"futimens_read_only",
     "make f; open a f r; futimens a 7 8; times f; mkdir d; open b d r; futimens b 9 10; times d"},
    {"utime", "make f; utime f 11 22; times f; utime f; times f; utime none 1 1"},
    {"utimes", "make f; utimes f 33 44 0; times f; utimes f 33 44 1000000; utimes f 33 44 700000; "
               "times f; utimes f; times f"},
    {"times_create", "mkdir d; mark d; make d/f; changed d"},
    {"times_write", "open a f +c 644; mark f; write a abc; changed f"},
    {"times_write_nothing",
     "make g; open a f +c 644; mark f; write a {0}; mark f; read a 0; changed f"},
    {"times_read", "make f abc; open a f r; mark f; read a 3; changed f"},
    {"times_truncate", "make f abc; mark f; truncate f 1; changed f"},
    {"times_truncate_same", "make f abc; open a f +; mark f; ftruncate a 3; changed f"},
    {"times_open_truncate", "make f abc; mark f; open a f wt; changed f"},
    {"times_open_truncate_empty", "make f; mark f; open a f wt; changed f"},
    {"times_open", "make f; mark f; open a f +; close a; changed f"},
    {"times_chmod", "make f; mark f; chmod f 600; changed f"},
    {"times_chown", "make f; mark f; chown f 1 1; changed f"},
    {"times_utimens", "make f; mark f; utimens . f 1 omit; changed f"},
    {"times_unlink", "mkdir d; make d/f; mark d; unlink d/f; changed d"},
    {"times_mkdir", "mkdir d; mark d; mkdir d/e; changed d"},
    {"times_rmdir", "mkdir d; mkdir d/e; mark d; rmdir d/e; changed d"},
    {"times_symlink", "mkdir d; mark d; symlink x d/l; changed d"},
    {"times_readlink", "symlink x l; mark l; readlink l 9; stat l; changed l"},
    {"times_child", "mkdir d; make d/f; mark d; truncate d/f 5; chmod d/f 600; changed d"},
    {"times_failed",
     "mkdir d; make d/f; mark d; mkdir d/f; unlink d/none; rmdir d; open a d/f wcx 644; changed d"},
    {"times_existing_create", "mkdir d; make d/f; mark d; open a d/f wc 644; changed d"},
    {"times_pwrite",
     "make f abc; open a f w; mark f; pwrite a x 1; changed f; mark f; fsync a; changed f"},
    {"statvfs", "statvfs .; make f; statvfs f; statvfs none; open a f r; fstatvfs a; statvfs f/x"},
    {"size_of_link", "symlink abcdef l; lstat l; symlink {100} m; lstat m"},
    {"links_of_directory", "mkdir d; stat d; mkdir d/a; mkdir d/b; make d/c; symlink a d/e; stat "
                           "d; rmdir d/a; rename d/b b; stat d"},
    {NULL, NULL},
};
