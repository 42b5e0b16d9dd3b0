#pragma once
/* program.h - exec in its two halves, for those who need them apart; others call execve.
 *
 * program_load does all that can fail in an ordinary way: it reads the program and makes an address
 * space with code, data, stack, arguments and environment. program_run lets the calling process
 * continue there. Between the two a parent may fork and the child arrange its handles.
 *
 * A program's start: sp points at argc, argv[], NULL, envp[], NULL, auxiliary pairs, AT_NULL, as
 * the System V ABI lays them out. The stack ends at PROGRAM_STACK_TOP.
 */
#include <stddef.h>
#include <stdint.h>

#define PROGRAM_STACK_TOP 0x3ffffff000ull /* the last page of an Sv39 user half stays free */
enum {
    PROGRAM_STACK_SIZE = 8 << 20,       /* at most: pages come as it grows */
    PROGRAM_STACK_GUARD = 64 << 10,     /* below it nothing is mapped */
    PROGRAM_ARGUMENTS_MAX = 128 * 1024, /* bytes of arguments and environment with their pointers */
    PROGRAM_NAME_MAX = 31,
};

/* Auxiliary vector entries of the library's own; the kernel's is AUX_BOOT_INFO. */
enum {
    AUX_NULL = 0,
    AUX_MODE_MASK = 0x1101, /* of umask() */
};

/* Where a program's bytes come from: a file, or memory. */
struct program_source {
    int file;          /* descriptor, or HANDLE_NONE */
    const void *image; /* when file is HANDLE_NONE */
    uint64_t size;     /* of the image, or of the file, bytes */
};

/* A loaded program. `space` is the holder's, the lowest number that was free: who arranges
 * descriptors before program_run must not close it or dup2 over it. */
struct program {
    int space;
    uint64_t entry;
    uint64_t stack_pointer;
    char name[PROGRAM_NAME_MAX + 1]; /* for ps */
};

/* Loads the file at `path`, or the interpreter that its first line `#!interpreter [argument]`
 * names. -> 0, or -1 with errno and nothing held: ENOENT and other errors of the file server;
 * EACCES no regular file or no x bit; ENOEXEC not a program; ELOOP scripts that interpret each
 * other; E2BIG; ENOMEM. */
int program_load(const char *path, char *const argv[], char *const envp[], struct program *program);

/* Loads an ELF image in memory; `name` is for ps. -> as above. */
int program_load_image(const struct program_source *source, const char *name, char *const argv[],
                       char *const envp[], struct program *program);

/* The calling process becomes the program. Returns -1 with errno only on failure; the program is
 * still loaded then. */
int program_run(const struct program *program);

/* Forgets a program that was loaded: the parent's part after fork, or after a failure. */
void program_unload(struct program *program);

/* Starts a program in a child process. -> its pid, or -1 with errno (as program_load and fork). */
int process_spawn(const char *path, char *const argv[], char *const envp[]);
