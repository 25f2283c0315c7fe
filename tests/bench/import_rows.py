"""The measurements of recordings read from files, row 14 of docs/PERFORMANCE.md: two million
samples with callers, system calls of a busy dd, imported, and looked at once more, against perf
report.

Tracepoints need tracefs: where it is not mounted it is for the time of the recording.
"""
import os
import pathlib
import subprocess

from figures import median
from recorders import BenchError, Pmc, run
from tree_rows import measured

TRACING = pathlib.Path("/sys/kernel/tracing")


def record(path, calls):
    """perf.data of so many samples: dd makes two system calls a block."""
    ours = not (TRACING / "events").is_dir()
    if ours:
        run(["mount", "-t", "tracefs", "tracefs", str(TRACING)])
    try:
        run(["perf", "record", "-q", "-e", "raw_syscalls:sys_enter", "-c", "1", "-g", "-m", "2048",
             "-o", str(path), "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=64",
             f"count={calls // 2}", "status=none"])
    finally:
        if ours:
            subprocess.run(["umount", str(TRACING)], check=False)


def measure(bench, row):
    calls, repeats = bench.pick(2_000_000, 200_000), bench.pick(3, 2)
    path, db = bench.folder / "import.perf.data", bench.folder / "import.db"
    commands = {
        "pmc": [Pmc.program, "import", "-q", "-o", str(db), str(path)],
        "perf": ["perf", "report", "--stdio", "-i", str(path)],
        "look": [Pmc.program, "report", "-i", str(db)],
    }
    runs = {name: [] for name in commands}
    try:
        record(path, calls)
        for _ in range(repeats):  # in turns: what disturbs one disturbs the others
            db.unlink(missing_ok=True)
            for name, command in commands.items():
                runs[name].append(measured(command))
        samples = int(run([Pmc.program, "sql", "-i", str(db), "--format", "csv",
                           "SELECT samples FROM session_summary"]).split()[1])
        if samples < 0.99 * calls:
            raise BenchError(f"{samples} of {calls} samples: perf lost the others")
        wall = {name: median([one[0] for one in several]) for name, several in runs.items()}
        peak = {name: max(one[2] for one in several) for name, several in runs.items()}
        bench.figures.add(row, f"import, {samples:,} samples with callers", target="< perf / 3",
                          pmc=wall["pmc"], perf=wall["perf"], unit="ms", n=repeats, runs=runs,
                          good=wall["pmc"] < wall["perf"] / 3,
                          note=f"{path.stat().st_size / 1e6:.0f} MB of records")
        bench.figures.add(row, "import: peak memory", target="< 150 MB", pmc=peak["pmc"] / 1e6,
                          perf=peak["perf"] / 1e6, unit="MB", good=peak["pmc"] < 150e6)
        bench.figures.add(row, "second look at it", target="< 100 ms", pmc=wall["look"],
                          perf=wall["perf"], unit="ms", n=repeats, good=wall["look"] < 100)
    finally:
        path.unlink(missing_ok=True)
        for name in (db, *(pathlib.Path(f"{db}-{end}") for end in ("wal", "shm"))):
            if os.path.exists(name):
                name.unlink()
