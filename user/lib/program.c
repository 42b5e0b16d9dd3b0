/* program.c - from a file to a loaded program: <octavo/program.h>.
 *
 * All or nothing: each step undoes itself on failure, and an address space that is given up takes
 * with it what was mapped there.
 */
#include "program.h"

#include "posix.h"

#include <fcntl.h>
#include <octavo/calls.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADERS_MAX = 2048 };
#define PROGRAM_MEMORY_MAX ((uint64_t)1 << 32) /* memory_create knows what there really is */

static size_t minimum(size_t a, size_t b) { return a < b ? a : b; }

/* The last name of a path, for ps. */
static void set_name(struct program *program, const char *path)
{
    const char *slash = strrchr(path, '/');

    strlcpy(program->name, slash != NULL ? slash + 1 : path, sizeof(program->name));
}

/* Makes the space of a program from the headers of its file. */
static long load_elf(const struct program_source *source, const void *headers, size_t size,
                     const struct program_arguments *arguments, struct program *program)
{
    struct elf_image image;
    enum error error = elf_read(headers, size, source->size, PROGRAM_MEMORY_MAX, &image);
    long space, sp, result;

    if (error != E_OK)
        return error == E_NOMEM ? -E_NOMEM : -E_NOEXEC;
    space = space_create();
    if (space < 0)
        return space;
    result = program_map_segments((int)space, source, &image);
    sp = result < 0 ? result : program_make_stack((int)space, arguments);
    if (sp < 0) {
        handle_close((int)space);
        return sp;
    }
    program->space = (int)space;
    program->entry = image.entry;
    program->stack_pointer = (uint64_t)sp;
    return 0;
}

/* Opens a file that may be executed. -> 0 with the source, whose file the caller closes. */
static long open_program(const char *path, struct program_source *source)
{
    struct stat status;
    long file = path_open(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);

    if (file < 0)
        return file;
    if (fstat((int)file, &status) != 0 || !S_ISREG(status.st_mode) ||
        (status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0) {
        handle_close((int)file);
        return -E_ACCES;
    }
    *source = (struct program_source){.file = (int)file, .size = (uint64_t)status.st_size};
    return 0;
}

static long load_path(const char *path, const struct program_arguments *arguments, int depth,
                      struct program *program);

static long load_script(const struct script_line *line, const char *path,
                        const struct program_arguments *arguments, int depth,
                        struct program *program)
{
    struct program_arguments all = {
        .argv = script_arguments(line, path, arguments->argv),
        .envp = arguments->envp,
    };
    long result;

    if (all.argv == NULL)
        return -E_NOMEM;
    result = load_path(line->interpreter, &all, depth + 1, program);
    free((void *)all.argv);
    return result;
}

/* Recursion ends at SCRIPT_DEPTH_MAX. */
static long load_path(const char *path, const struct program_arguments *arguments, int depth,
                      struct program *program)
{
    struct program_source source;
    struct script_line line;
    char start[HEADERS_MAX];
    size_t size;
    long result = depth > SCRIPT_DEPTH_MAX ? -E_LOOP : open_program(path, &source);

    if (result < 0)
        return result;
    size = minimum(source.size, sizeof(start));
    result = program_read(&source, start, size, 0);
    if (result >= 0 && !script_parse(start, size, &line)) {
        result = load_elf(&source, start, size, arguments, program);
        handle_close(source.file);
        return result;
    }
    handle_close(source.file);
    return result < 0 ? result : load_script(&line, path, arguments, depth, program);
}

int program_load(const char *path, char *const argv[], char *const envp[], struct program *program)
{
    struct program_arguments arguments = {.argv = argv, .envp = envp};

    set_name(program, path);
    return (int)posix_result(load_path(path, &arguments, 0, program));
}

int program_load_image(const struct program_source *source, const char *name, char *const argv[],
                       char *const envp[], struct program *program)
{
    struct program_arguments arguments = {.argv = argv, .envp = envp};
    char headers[HEADERS_MAX];
    size_t size = minimum(source->size, sizeof(headers));
    long result = program_read(source, headers, size, 0);

    set_name(program, name);
    if (result >= 0)
        result = load_elf(source, headers, size, &arguments, program);
    return (int)posix_result(result);
}

int program_run(const struct program *program)
{
    return (int)posix_result(process_exec(program->space, program->entry, program->stack_pointer,
                                          program->name, strlen(program->name)));
}

void program_unload(struct program *program)
{
    handle_close(program->space);
    program->space = HANDLE_NONE;
}
