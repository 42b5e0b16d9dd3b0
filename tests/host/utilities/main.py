"""main.py - compares our utilities, built for this machine, with the host's.

Usage: main.py FOLDER
FOLDER holds our programs. Each case is a line in the form that tests/host/run counts.
"""

import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile
import traceback

sys.dont_write_bytecode = True

import cases_bytes  # noqa: E402
import cases_lists  # noqa: E402
import cases_names  # noqa: E402
from compare import Case, compare  # noqa: E402
from own import Own  # noqa: E402


def compared_cases():
    """Yields (name, case, the host's command line if it is not ours)."""
    for module in (cases_names, cases_bytes, cases_lists):
        for utility, cases in module.CASES.items():
            for number, case in enumerate(cases):
                yield f"{utility}_{number}", case, None
    lists = [(host, Case(ours, cases_lists.FILES)) for host, ours in cases_lists.LISTS]
    lists += [(host, Case(ours, tree=seed)) for seed in cases_lists.TREE_SEEDS
              for host, ours in cases_lists.TREE_LISTS]
    for number, (host, case) in enumerate(lists):
        yield f"ls_{number}", case, host


def all_tests(ours):
    """Yields (name, function of a folder that returns lines about what is wrong)."""
    for name, case, host in compared_cases():
        yield name, lambda folder, case=case, host=host: compare(case, host, folder, ours)
    own = Own(ours)
    for name in sorted(vars(Own)):
        if name.startswith("test_"):
            yield name, getattr(own, name)


def run(test, scratch):
    """Runs a test in a folder of its own; an error is a problem like others."""
    name, function = test
    folder = os.path.join(scratch, name)
    os.mkdir(folder)
    try:
        return function(folder) or []
    except Exception:  # a broken case must not hide the others
        return traceback.format_exc().splitlines()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    tests = list(all_tests(os.path.abspath(sys.argv[1])))
    scratch = tempfile.mkdtemp(prefix="utilities-")
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda test: run(test, scratch), tests)
        for (name, _), problems in zip(tests, results):
            for line in problems:
                print(f"  {line}")
            print(f"[  FAILED  ] {name}" if problems else f"[       OK ] {name}", flush=True)
            failed += bool(problems)
    # Whoever is not root cannot empty folders that are read-only.
    subprocess.run(["chmod", "-R", "u+rwx", scratch], check=False)
    shutil.rmtree(scratch, ignore_errors=True)
    return 1 if failed else 0


sys.exit(main())
