#pragma once
/* place.h - names and where they lead: the parts of paths, and the operands of cp, mv and ln. */
#include <stdbool.h>
#include <sys/stat.h>

/* The last name of the path, without slashes behind it, in memory to be freed; `/` of the root. */
char *place_last_name(const char *path);

/* `folder/name`, in memory to be freed. */
char *place_join(const char *folder, const char *name);

/* The folder that holds what the path names, in memory to be freed; `.` if it names none. */
char *place_folder(const char *path);

bool place_is_folder(const char *path, bool follow);

/* Whether the folder `path`, or one above it, is `folder`. */
bool place_is_inside(const char *path, const struct stat *folder);

/* Whether both are the same file. */
bool place_is_same(const struct stat *one, const struct stat *other);

/* What to do with a file and its new name; returns a status. */
typedef int place_action(const char *from, const char *to);

/* Carries out `action` for all operands but the last, which is the new name of the only other, or
 * the folder that gets them all. `follow`: a symbolic link to a folder is one. Returns the status,
 * after complaints about operands that are missing. */
int place_each(char **operands, int count, bool follow, place_action *action);
