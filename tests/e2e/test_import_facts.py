#!/usr/bin/env python3
"""What recordings tell of their machines, as the view session_facts has it, against what perf
reads in them (perf report --header-only): of one made here, of the fixtures and of the corpus."""
import os
import pathlib
import re
import shutil

from cases import PMC, check, finish, query, run, skip_all

ROOT = pathlib.Path(os.environ["ROOT"])
PROGRAMS = pathlib.Path(os.environ["PROGRAMS"])
CORPUS = pathlib.Path(os.environ.get("PMC_CORPUS", ROOT.parent / "shared/corpus"))
KIB = {"memory_bytes", "node_memory_bytes", "node_free_bytes"}


# A line of perf's, and the names of the facts that stand in it: item and value are its groups.
ONE_VALUE = [
    (r"nrcpus avail : (\d+)", "cpus_available"),
    (r"cpuid : (.+)", "cpuid"),
    (r"total memory : (\d+) kB", "memory_bytes"),
]
ITEM_AND_VALUE = [
    (r"CPU (\d+): Core ID (\d+),", "cpu_core"),
    (r"CPU (\d+): .*Die ID (\d+),", "cpu_die"),
    (r"CPU (\d+): .*Socket ID (\d+)", "cpu_socket"),
    (r"node(\d+) meminfo *: total = (\d+) kB", "node_memory_bytes"),
    (r"node(\d+) meminfo .* free = (\d+) kB", "node_free_bytes"),
    (r"node(\d+) cpu list : (.+)", "node_cpus"),
    (r"(\w+) cpu list : (.+)", "pmu_cpus"),
]


def facts_of(line):
    """Facts that a line of perf's header tells."""
    for pattern, name in ONE_VALUE:
        if seen := re.fullmatch(pattern, line):
            yield name, "", seen[1]
    for pattern, name in ITEM_AND_VALUE:
        if (seen := re.match(pattern, line)) and not (
                name == "pmu_cpus" and line.startswith("node")):
            yield name, seen[1], seen[2].strip()
    if seen := re.match(r"pmu mappings: (.+)", line):
        for pair in seen[1].split(", "):
            yield "pmu_type", *pair.split(" = ")
    if seen := re.match(r"(\w+) pmu capabilities: (.+)", line):
        for pair in seen[2].split(", "):
            yield "pmu_cap", *re.match(r"([^=]+)=(.*)", f"{seen[1]}/{pair}").groups()
    if seen := re.match(r"(L\d) (\w+) +(\w+) \[(.+)\]", line):
        yield "cache", f"{seen[1]} {seen[2]} of CPUs {seen[4]}", seen[3]
    if seen := re.match(r"sibling (sockets|cores|dies|threads) +: (.+)", line):
        name = {"dies": "die_cpus", "threads": "core_cpus"}.get(seen[1], "socket_cpus")
        yield name, None, seen[2]
    if seen := re.match(r"time of (first|last) sample : (\d+)\.(\d+)", line):
        if int(seen[2]):
            yield f"{seen[1]}_sample_ns", "", seen[2] + seen[3]
    if seen := re.match(r"(\d+) \[\d+\w+\]: (.+)", line):
        yield "node_memory_blocks", seen[1], seen[2]


def told(name, value):
    """A value of session_facts as perf writes it: KiB, microseconds, the size of a cache alone."""
    if name in KIB:
        return str(int(value) // 1024)
    if name.endswith("_sample_ns"):
        return value[:-3]
    return value.split(",")[0] if name == "cache" else value


def compare(path, name):
    header = run("perf", "report", "--header-only", "-I", "-i", path)
    wanted = {fact for line in header.stdout.decode(errors="replace").splitlines()
              for fact in facts_of(line.lstrip("# ").rstrip())}
    if header.returncode or not wanted:
        return
    db = name.replace("/", "-") + ".db"
    run(PMC, "import", "-q", "-o", db, path)
    rows = query(db, "SELECT name, item, value FROM session_facts")
    seen = {(row["name"], row["item"], told(row["name"], row["value"])) for row in rows}
    seen |= {(row["name"], None, row["value"]) for row in rows}
    check(f"{name}: {len(wanted)} facts as perf reads them", wanted <= seen,
          sorted(wanted - seen, key=str))
    # Neither names nor items are made up.
    known = {name for name, _, _ in wanted}
    more = {fact for fact in seen if fact[0] in known and fact[1] is not None
            and fact[0] not in ("socket_cpus", "die_cpus", "core_cpus")} - wanted
    check(f"{name}: and no others of these names", not more, sorted(more, key=str))


def main():
    if not shutil.which("perf"):
        skip_all("perf is not installed")
    record = ["perf", "record", "-q", "-e", "cpu-clock:u"]
    run(*record, "-o", "here.data", PROGRAMS / "brief")
    if pathlib.Path("here.data").exists():
        compare("here.data", "recorded here")
    for path in sorted(ROOT.glob("tests/fixtures/*.data")):
        compare(path, path.name)
    for path in sorted(CORPUS.glob("*/*data*")):
        if path.parent.name != "malformed":
            compare(path, f"{path.parent.name}/{path.name}")
    finish()


main()
