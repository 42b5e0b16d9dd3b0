#pragma once
/* copy.h - copies a file, or a folder with all that is in it. */
#include <stdbool.h>
#include <sys/stat.h>

struct copy_options {
    bool recursive;
    bool follow;     /* a symbolic link that is named: copy what it leads to */
    bool preserve;   /* owner, permissions and times */
    bool keep_links; /* several names of one file become several names of one copy */
    bool force;      /* what cannot be opened for writing is removed first */
    bool replace;    /* what has the name is always removed first */
    bool ask;        /* before overwriting */
    bool keep_old;   /* never overwrite */
    bool verbose;
    const char *verb; /* said before the names if verbose */
};

/* Copies `from` so that it has the path `to`. What is in two folders of the same path is merged.
 * Returns the status, after complaints. */
int copy_path(const char *from, const char *to, const struct copy_options *options);

/* One file on the way, and where its copy goes. */
struct copy_item {
    const struct copy_options *options;
    const struct stat *status; /* of the file */
    const char *from_path, *from_name;
    const char *to_path, *to_name;
    int from_directory, to_directory; /* that the names are in */
};

/* Copies the bytes and the attributes of a file. `existing`: what has its new name, or NULL.
 * Returns a status. (copy_bytes.c) */
int copy_regular(const struct copy_item *item, const struct stat *existing);

/* Gives the open copy the owner, permissions and times of `status`. Returns a status. */
int copy_attributes(int copy, const char *path, const struct stat *status);
