/* main.c - disks through their driver: contents, refusals, errors, and deaths on either side.
 *
 * Writes to disk0 and disk1. tests/system/test_block.py says what must be attached, and looks at
 * the images afterwards. Without a disk there is nothing to test.
 */
#include <octavo/calls.h>

#include <stdio.h>

#include "device.h"
#include "tests.h"
#include "tests/lib/tap.h"

int main(int argc, char **argv)
{
    static const struct tap_test tests[] = {
        {"block_info", test_info, 0},
        {"block_random_places", test_random_places, 240},
        {"block_many_in_flight", test_many_in_flight, 240},
        {"block_lists", test_lists, 120},
        {"block_two_disks", test_two_disks, 0},
        {"block_bytes", test_bytes, 240},
        {"block_discard", test_discard, 0},
        {"block_refusals", test_refusals, 0},
        {"block_lists_refused", test_lists_refused, 0},
        {"block_memory_refused", test_memory_refused, 0},
        {"block_noise", test_noise, 120},
        {"block_read_only_disk", test_read_only_disk, 0},
        {"block_errors_of_the_device", test_errors_of_the_device, 0},
        {"block_two_clients", test_two_clients, 120},
        {"block_session_closed_in_flight", test_session_closed_in_flight, 120},
        {"block_client_killed_in_flight", test_client_killed_in_flight, 120},
        {"block_driver_killed", test_driver_killed, 120},
        {"block_memory_outlives_the_driver", test_memory_outlives_the_driver, 120},
        {"block_pattern_for_the_host", test_pattern_for_the_host, 0},
    };
    long channel = disk_channel(DISK_SCRATCH);
    if (channel < 0) {
        printf("1..0 # SKIP there is no disk\n");
        return 0;
    }
    handle_close((int)channel);
    return tap_main(argc, argv, tests, TAP_COUNT(tests));
}
