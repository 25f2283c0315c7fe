#!/usr/bin/env python3
"""Branch stacks of recordings from real processors, branch by branch, against what perf reads in
them (perf script -F brstack)."""
import collections
import os
import pathlib
import re
import shutil

from cases import PMC, check, finish, query, run, skip_all

CORPUS = pathlib.Path(os.environ.get("PMC_CORPUS",
                                     pathlib.Path(os.environ["ROOT"]).parent / "shared/corpus"))
FIELDS = ["count", "mispredicted", "predicted", "in_transaction", "aborts", "timed", "cycles"]
# FROM/TO/M or P/in a transaction or not/its abort or not/cycles
ENTRY = re.compile(r"(0x[0-9a-f]+)/(0x[0-9a-f]+)/([MP-])/([X-])/([A-])/(\d+)\S*")


def as_perf_reads(path):
    """Of each pair of addresses: the figures of FIELDS."""
    branches = collections.defaultdict(lambda: [0] * len(FIELDS))
    text = run("perf", "script", "-F", "brstack", "-i", path).stdout.decode(errors="replace")
    for start, end, right, inside, aborted, cycles in ENTRY.findall(text):
        if start == end == "0x0":
            continue  # the processor's memory was not full yet
        figures = [1, right == "M", right == "P", inside == "X", aborted == "A",
                   cycles != "0", int(cycles)]
        pair = branches[start, end]
        for at, figure in enumerate(figures):
            pair[at] += figure
    return branches


def main():
    if not shutil.which("perf"):
        skip_all("perf is not installed")
    files = [path for folder in ("quipper", "simpleperf")
             for path in sorted(CORPUS.glob(f"{folder}/*data*"))]
    if not files:
        skip_all("the corpus is not there")
    compared = 0
    for path in files:
        wanted = as_perf_reads(path)
        if not wanted:
            continue
        compared += 1
        db = path.name + ".db"
        run(PMC, "import", "-q", "-o", db, path)
        rows = query(db, f"SELECT {', '.join(FIELDS)} FROM branch")
        # Of shared libraries several addresses are one place, so rows may stand for several pairs.
        check(f"{path.name}: no more than {len(wanted)} branches",
              0 < len(rows) <= len(wanted), len(rows))
        for at, field in enumerate(FIELDS):
            total = sum(pair[at] for pair in wanted.values())
            seen = sum(int(row[field]) for row in rows)
            check(f"{path.name}: {field} is {total}", seen == total, seen)
        if len(rows) == len(wanted):
            check(f"{path.name}: each as perf reads it",
                  sorted(wanted.values()) == sorted([int(row[field]) for field in FIELDS]
                                                    for row in rows))
        seen = query(db, "SELECT sum(count) AS count, sum(cycles) AS cycles FROM branches")[0]
        check(f"{path.name}: the view has all of them",
              [int(seen["count"]), int(seen["cycles"])] ==
              [sum(pair[at] for pair in wanted.values()) for at in (0, 6)], seen)
    check("perf reads branch stacks in two of the files", compared == 2, compared)
    finish()


main()
