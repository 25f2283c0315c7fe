"""The measurements of large trees, row 13 of docs/PERFORMANCE.md: a session of a million distinct
stacks, as many_stacks.c makes it, to a tree report and a flame graph.

There is no peer that could be given the same stacks. The ratio is to SQLite's reading the rows that
a tree is made of, and adding them up, by the same program: what no reader of the file could save.
"""
import os
import subprocess
import time

from figures import median
from recorders import BenchError, Pmc, run

ROWS = """
    SELECT count(*), sum(parent_id), sum(location_id) FROM stack;
    SELECT count(*), sum(thread_id), sum(stack_id), sum(location_id), sum(samples), sum(value)
    FROM cost WHERE event_id IN (SELECT id FROM event)"""


def measured(command):
    """Wall and CPU milliseconds, and peak memory in bytes, of a command."""
    start = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise BenchError(f"{' '.join(command[:2])}: exit status {child.returncode}")
    return (1000 * (time.monotonic() - start), 1000 * (usage.ru_utime + usage.ru_stime),
            1024 * usage.ru_maxrss)


def measure(bench, row):
    stacks, repeats = bench.pick(1_000_000, 100_000), bench.pick(5, 2)
    path = bench.folder / "many_stacks.db"
    path.unlink(missing_ok=True)
    try:
        run([str(bench.folder / "many_stacks"), str(path), str(stacks)])
        base = [Pmc.program, "{}", "-i", str(path)]
        commands = {
            "report --tree": [*base, "--tree"],
            "report --tree callers": [*base, "--tree", "callers"],
            "report --root": [*base, "--root", "function_0001"],
            "flame": [*base, "-o", os.devnull],
        }
        reading = [measured([Pmc.program, "sql", "-i", str(path), ROWS])[0]
                   for _ in range(repeats)]
        for what, command in commands.items():
            command[1] = what.split()[0]
            runs = [measured(command) for _ in range(repeats)]
            times, peak = [wall for wall, _, _ in runs], max(memory for _, _, memory in runs)
            bench.figures.add(row, f"{what}, {stacks:,} distinct stacks", target="< 1 s",
                              pmc=median(times), unit="ms", good=median(times) < 1000, n=repeats,
                              ratio=median(times) / median(reading), runs=times,
                              note=f"CPU time {median([cpu for _, cpu, _ in runs]):.0f} ms")
            bench.figures.add(row, f"{what}: peak memory", target="< 300 MB", pmc=peak / 1e6,
                              unit="MB", good=peak < 300e6)
        bench.figures.add(row, "session on disk, a stack", pmc=path.stat().st_size / stacks,
                          unit="bytes")
        print(f"    ratio: to adding up the rows that are read for it, {median(reading):.0f} ms")
    finally:
        path.unlink(missing_ok=True)
