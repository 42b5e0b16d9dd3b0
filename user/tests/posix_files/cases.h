#pragma once
/* cases.h - the tables of cases, each ending with a NULL name. */
struct test_case {
    const char *name;
    const char *script;
};

extern const struct test_case open_cases[];
extern const struct test_case content_cases[];
extern const struct test_case name_cases[];
extern const struct test_case rename_cases[];
extern const struct test_case link_cases[];
extern const struct test_case status_cases[];
extern const struct test_case directory_cases[];
extern const struct test_case at_cases[];
extern const struct test_case process_cases[];
