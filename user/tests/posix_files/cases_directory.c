/* cases_directory.c - reading directories, also while they change. */
#include <stddef.h>

#include "cases.h"

const struct test_case directory_cases[] = {
    {"list", "mkdir d; list d; make d/b; make d/a; mkdir d/c; symlink x d/l; list d"},
    {"list_after_removal",
     "mkdir d; make d/a; make d/b; make d/c; unlink d/b; list d; make d/e; list d"},
    {"list_types", "mkdir d; make d/f; mkdir d/g; symlink f d/l; types d"},
    {"list_root_dots", "mkdir d; mkdir d/e; same d/e/.. d; same d/e/. d/e; list d/e"},
    {"opendir_errors", "make f; opendir f; opendir none; opendir f/x; symlink none l; opendir l; "
                       "symlink m m; opendir m"},
    {"opendir_link", "mkdir d; make d/f; symlink d l; list l; list l/; list l/."},
    {"fdopendir", "mkdir d; make d/a; make d/b; open a d r; fdopendir a; rest; closedir; fstat a"},
    {"fdopendir_file", "make f; open a f r; fdopendir a; read a 1"},
    {"readdir_at_end", "mkdir d; opendir d; rest; rest; closedir"},
    {"rewinddir", "mkdir d; make d/a; opendir d; rest; make d/b; rewind; rest; closedir"},
    {"rewinddir_in_the_middle", "mkdir d; crowd d 10; opendir d; next 5; rewind; rest; closedir"},
    {"telldir",
     "mkdir d; crowd d 20; opendir d; next 7; tell; next 5; back; next 100; back; closedir"},
    {"telldir_start", "mkdir d; crowd d 5; opendir d; tell; next 3; back; closedir"},
    {"telldir_end", "mkdir d; crowd d 5; opendir d; next 7; tell; rewind; back; closedir"},
    {"telldir_many",
     "mkdir d; crowd d 300; opendir d; next 250; tell; rewind; next 20; back; rest; closedir"},
    {"readdir_many", "mkdir d; crowd d 500; list d; unlink d/77; unlink d/499; list d; stat d/78"},
    {"readdir_while_removing",
     "mkdir d; crowd d 400; opendir d; removeread; closedir; list d; rmdir d"},
    {"readdir_removed_before",
     "mkdir d; crowd d 3; opendir d; unlink d/0; unlink d/1; unlink d/2; rewind; rest; closedir"},
    {"readdir_renamed",
     "mkdir d; make d/a; opendir d; rename d e; rewind; rest; make e/b; rewind; rest; closedir"},
    {"readdir_removed_directory", "mkdir d; opendir d; rmdir d; rewind; rest; closedir"},
    {"readdir_long_names",
     "mkdir d; make d/{255}; make d/{254}; make d/{31}; opendir d; next 9; closedir"},
    {"dirfd", "mkdir d; opendir d; dirfd; getcwd; closedir"},
    {"scandir", "mkdir d; make d/c; make d/a; make d/longer; make d/b1; scan d; scan none"},
    {"directory_offset_shared", "mkdir d; crowd d 5; open a d r; fdopendir a; rest; closedir; "
                                "fdopendir a; rest; seek a 0 set; rewind; rest; closedir"},
    {"directory_reused_names", "mkdir d; crowd d 30; unlink d/3; unlink d/4; make d/40; make d/41; "
                               "list d; rename d/5 d/3; list d"},
    {"directory_empty_again",
     "mkdir d; crowd d 200; opendir d; removeread; closedir; list d; crowd d 3; list d"},
    {NULL, NULL},
};
