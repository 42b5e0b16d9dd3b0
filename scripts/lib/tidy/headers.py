"""headers.py - each header compiles alone, with the flags of its folder."""
import concurrent.futures
import os
import subprocess

NAME = "each header compiles alone"

CROSS = os.environ.get("CROSS") or "riscv64-unknown-elf-"
COMMON = ("-std=gnu17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-x", "c", "-")
PICOLIBC = (os.environ.get("PICOLIBC")
            or "--specs=picolibc.specs --picolibc-buildtype=release").split()
KERNEL = ("-march=rv64imac_zicsr_zifencei", "-mabi=lp64", "-I.", "-Ikernel/abi")
USER = ("-march=rv64gc", "-mabi=lp64d", "-Iuser/lib/include", "-Iuser", "-Ikernel/abi", "-I.")


LIBRARY = "user/lib/include/"


def compiles(root, path):
    """What the compiler says of a file that includes nothing but the header; empty if it is well.
    A header of the user library is found as its users find it: it may wrap picolibc's."""
    name = f"<{path.removeprefix(LIBRARY)}>" if path.startswith(LIBRARY) else f'"{path}"'
    flags = USER if path.startswith("user/") else KERNEL
    result = subprocess.run([CROSS + "gcc", *PICOLIBC, *flags, *COMMON], cwd=root, check=False,
                            input=f"#include {name}\n", capture_output=True, text=True)
    return result.stderr


def check(tree):
    headers = [path for path in tree.select(".h") if path.startswith(("kernel/", "vm/", "user/"))]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        outputs = pool.map(lambda path: compiles(tree.root, path), headers)
    for path, output in zip(headers, outputs):
        if output:
            first = next((line for line in output.splitlines() if "error:" in line), output)
            yield path, 1, "does not compile alone: " + first
