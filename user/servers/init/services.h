#pragma once
/* services.h - the servers of /etc/servers: started in order, watched, started again.
 *
 * A service is named by its number, from 0, in the order of the table; the badge of its channel to
 * init is that number + SERVICE_BADGE.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices.h"
#include "init.h"

enum {
    SERVICES_MAX = 24,
    SERVICE_NONE = -1,
    SERVICE_BADGE = 1, /* badges below are ordinary clients */
};

/* Reads the table, cuts it up in place (it must stay), gives each service its port and devices.
 * Complains of bad lines in the log and goes on. */
void services_init(const struct init *init, char *table, size_t length);

/* Starts what is due. -> when to call again, or DEADLINE_NONE. */
uint64_t services_start_due(uint64_t now);

/* The child `pid` ended. False: it was no service. */
bool services_child_died(int pid, int status, uint64_t now);

/* The service that a badge names, or SERVICE_NONE. */
int services_by_badge(uint64_t badge);

/* May this service register the name? */
bool services_may_register(int service, const char *name);

/* It says that it will not register the name. Who waits for it learns that. False: it may not
 * register it anyway. */
bool services_decline(int service, const char *name);

/* Its devices, with the handles as the service itself has them. */
void services_list_devices(int service, struct device_set *set);

/* Is there a service that registers this name, or will when it has started? */
bool services_provide(const char *name);

/* Is it a name of the table that will not come (back)? */
bool services_refuse(const char *name);
