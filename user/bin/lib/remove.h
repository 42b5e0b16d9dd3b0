#pragma once
/* remove.h - removes a file, or a folder with all that is in it. */
#include <stdbool.h>

struct remove_options {
    bool recursive; /* folders too */
    bool force;     /* what is not there needs no complaint */
    bool ask;       /* before each */
    bool verbose;
};

/* Returns the status. What cannot be removed is complained about, and the rest goes. */
int remove_path(const char *path, const struct remove_options *options);
