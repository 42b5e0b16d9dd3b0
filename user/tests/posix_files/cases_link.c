/* cases_link.c - hard links, and paths through symbolic ones. */
#include <stddef.h>

#include "cases.h"

const struct test_case link_cases[] = {
    {"link", "make a abc; link a b; stat a; stat b; same a b; cat b"},
    {"link_shares_contents",
     "make a abc; link a b; open c a wa; write c def; cat b; truncate b 1; cat a"},
    {"link_unlink", "make a abc; link a b; unlink a; stat b; cat b; unlink b; stat b"},
    {"link_counts", "make a; link a b; link a c; mkdir d; link b d/e; stat a; unlink c; stat a; "
                    "unlink d/e; unlink a; stat b"},
    {"link_open_count", "open a f +c 644; link f g; fstat a; unlink f; fstat a; unlink g; fstat a"},
    {"link_existing",
     "make a; make b; link a b; link a a; mkdir d; link a d; symlink none l; link a l"},
    {"link_missing", "link none b; link none/x b; make a; link a none/b; link a a/b; link a {0}"},
    {"link_both_wrong",
     "make f; link none f/x; link f/x none/y; link none/x f/y; mkdir d; link d none/x; link d f/x"},
    {"link_directory", "mkdir d; link d e; link . e; link .. e; link d/. e; stat d"},
    {"link_to_special", "make a; link a .; link a ..; link a d/.; link none ."},
    {"link_symlink", "make f abc; symlink f l; link l m; lstat m; same l m; readlink m 9; stat f"},
    {"link_dangling", "symlink none l; link l m; lstat m; same l m"},
    {"link_follow", "make f abc; symlink f l; linkat . l . m follow; lstat m; same f m; symlink "
                    "none n; linkat . n . o follow"},
    {"link_follow_loop", "symlink l l; linkat . l . m follow; linkat . l . m; lstat m"},
    {"link_flags", "make f; linkat . f . g bad; stat g"},
    {"link_slash",
     "make f; link f/ g; link f g/; mkdir d; link f d/; symlink f l; link l/ g; link f none/"},
    {"link_through", "mkdir d; make f; symlink d l; link f l/g; stat d/g; same f d/g"},
    {"link_long", "make f; link f {255}; link f {256}; stat {255}; link {256} g; link none {256}"},
    {"link_over_dangling", "make f; symlink none l; link f l; lstat none"},
    {"link_mode_shared", "make a; link a b; chmod b 600; stat a; utimens . a 100 200; times b"},
    {"link_rename", "make a 1; link a b; make c 2; rename c a; cat a; cat b; stat b"},
    {"link_many", "make f; mkdir d; link f d/1; link f d/2; link f d/3; link d/3 d/4; stat f; "
                  "unlink d/1; list d; stat f"},
    {"link_times", "make a; mark a; link a b; changed a"},
    {"link_unlink_times", "make a; link a b; mark a; unlink b; changed a"},
    {"link_parent_times", "make a; mkdir d; mark d; link a d/b; changed d"},
    {"link_removed_directory", "make f; mkdir d; open a d r; rmdir d; linkat . f a g; stat f"},
    {"link_unlinked", "open a f +c 644; link f g; unlink f; link f h; link g h; fstat a"},
    {"symlink_relative_to_its_place",
     "mkdir d; mkdir d/e; make d/f abc; symlink ../f d/e/l; cat d/e/l; chdir d/e; cat l"},
    {"symlink_target_dots", "make f abc; symlink ./f l; symlink ../case/f m; cat l; cat m; symlink "
                            ". n; cat n/f; symlink .. o; cat o/case/f"},
    {"symlink_to_root", "symlink / l; same l/ /; lstat l; symlink // m; same m/. /"},
    {"symlink_through_missing",
     "symlink none/f l; cat l; mkdir none; cat l; make none/f abc; cat l"},
    {"symlink_through_file", "make f; symlink f/x l; cat l; stat l; symlink f m; cat m/x"},
    {"symlink_trailing", "mkdir d; make d/f abc; symlink d l; stat l/; lstat l/; lstat l; stat "
                         "l/.; stat l/..; stat l/../d"},
    {"symlink_trailing_file", "make f; symlink f l; stat l/; lstat l/; stat f/; lstat f/; symlink "
                              "none m; lstat m/; stat m/"},
    {"symlink_replaced", "make a 1; make b 2; symlink a l; cat l; unlink l; symlink b l; cat l"},
    {"symlink_chmod",
     "make f; symlink f l; chmod l 600; stat f; lstat l; symlink none m; chmod m 600"},
    {"symlink_loop_of_three", "symlink b a; symlink c b; symlink a c; stat a; cat b; truncate c 0; "
                              "chmod a 600; access b r; readlink c 9"},
    {"symlink_loop_directory",
     "mkdir d; symlink ../d d/l; stat d/l/l/l/l; realpath d/l/l; make d/f abc; cat d/l/l/f"},
    {NULL, NULL},
};
