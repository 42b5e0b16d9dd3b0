#pragma once
/* tests.h - the tests of this program, by file. */

/* transfer.c */
void test_info(void);
void test_random_places(void);
void test_many_in_flight(void);
void test_lists(void);
void test_two_disks(void);
void test_bytes(void);
void test_discard(void);
void test_pattern_for_the_host(void);

/* refuse.c */
void test_refusals(void);
void test_lists_refused(void);
void test_memory_refused(void);
void test_noise(void);
void test_read_only_disk(void);
void test_errors_of_the_device(void);

/* clients.c */
void test_two_clients(void);
void test_session_closed_in_flight(void);
void test_client_killed_in_flight(void);
void test_driver_killed(void);
void test_memory_outlives_the_driver(void);
