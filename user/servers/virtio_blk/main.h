#pragma once
/* main.h - how many disks there may be. */

enum { DISKS_MAX = 4 }; /* the names in /etc/servers; init gives no server more than 8 devices */
