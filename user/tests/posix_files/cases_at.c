/* cases_at.c - the forms that begin at an open directory. */
#include <stddef.h>

#include "cases.h"

const struct test_case at_cases[] = {
    {"openat", "mkdir d; make d/f abc; open a d r; openat b a f r; read b 3; openat c a g wc 644; "
               "stat d/g; openat c a ../x wc 644; stat x"},
    {"openat_errors",
     "make f; open a f r; openat b a x r; openat b ! x r; openat b - x r; openat b a none/x r"},
    {"openat_absolute", "mkdir d; open a d r; openat b ! / r; openat b a / r; openat b a /none r"},
    {"openat_current", "make f abc; openat a . f r; read a 3; mkdir d; make d/f def; chdir d; "
                       "openat a . f r; read a 3"},
    {"openat_moved", "mkdir d; make d/f abc; open a d r; rename d e; openat b a f r; read b 3; "
                     "openat b a ../e/f r; fchdir a; getcwd"},
    {"openat_removed", "mkdir d; open a d r; rmdir d; openat b a f wc 644; openat b a f r; openat "
                       "b a .. r; mkdirat a g; symlinkat x a l"},
    {"openat_file_dots", "make f; open a f r; openat b a . r; openat b a .. r"},
    {"mkdirat", "mkdir d; open a d r; mkdirat a e; stat d/e; mkdirat a e; mkdirat ! e; mkdirat a "
                "x/y; make f; open b f r; mkdirat b e"},
    {"unlinkat", "mkdir d; make d/f; mkdir d/e; open a d r; unlinkat a f; unlinkat a e; unlinkat a "
                 "e dir; unlinkat a none; list d"},
    {"unlinkat_errors", "mkdir d; make f; open a d r; unlinkat ! f; unlinkat . f dir; unlinkat . "
                        "d; unlinkat . f bad; unlinkat . d dir; stat f"},
    {"symlinkat", "mkdir d; open a d r; symlinkat x a l; readlink d/l 9; symlinkat x a l; "
                  "symlinkat x ! l; readlinkat a l 9; readlinkat ! l 9; readlinkat a none 9"},
    {"linkat", "mkdir d; mkdir e; make d/f abc; open a d r; open b e r; linkat a f b g; cat e/g; "
               "same d/f e/g; linkat a f b g; linkat ! f b h; linkat a f ! h"},
    {"linkat_absolute",
     "mkdir d; make f; open a d r; linkat . f a g; stat d/g; linkat a g . h; stat h"},
    {"linkat_file",
     "make f; make g; open a f r; linkat a x . y; linkat . g a y; linkat . none a y"},
    {"renameat", "mkdir d; mkdir e; make d/f abc; open a d r; open b e r; renameat a f b g; cat "
                 "e/g; stat d/f; renameat b g . h; cat h; renameat . h a f; cat d/f"},
    {"renameat_errors", "mkdir d; make f; open a d r; renameat ! f a g; renameat . f ! g; renameat "
                        "a none . g; open b f r; renameat b x . y; renameat . f b y; stat f"},
    {"renameat_removed",
     "mkdir d; make f; open a d r; rmdir d; renameat . f a g; renameat a g . h; stat f"},
    {"renameat_directory_into_itself",
     "mkdir d; mkdir d/e; open a d/e r; renameat . d a f; stat d/e"},
    {"fstatat", "mkdir d; make d/f abc; symlink f d/l; open a d r; fstatat a f; fstatat a l; "
                "fstatat a l link; fstatat a none; fstatat ! f; fstatat a ..; fstatat a ."},
    {"utimensat", "mkdir d; make d/f; open a d r; utimens a f 5 6; times d/f; utimens a none 1 1; "
                  "utimens ! f 1 1"},
    {"at_through_link", "mkdir d; mkdir d/e; symlink d l; open a l r; mkdirat a f; list d; openat "
                        "b a e/../f r; fstat b"},
    {"at_duplicate",
     "mkdir d; make d/f abc; open a d r; dup b a; close a; openat c b f r; read c 3"},
    {"at_child", "mkdir d; make d/f abc; open a d r; chdir /; child; openat b a f r; read b 3; "
                 "parent; openat b a f r; read b 3"},
    {NULL, NULL},
};
