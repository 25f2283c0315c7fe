"""The measurements of stacks unwound from copies of them, rows 11 and 12 of docs/PERFORMANCE.md.

Job: both recorders on the same load, one after the other, as each copies 8 KiB a sample; then what
perf has yet to do with its file. Not here: the unwinder by itself (unwind.c, row 10).

    pmc record                                      samples ──► frames ──► names, session
    pmc record --call-graph none                    samples ──► names, session
    perf record │ samples ──► file    perf script │ file ──► frames
                                      perf script │ file ──► no frames
                                      perf report │ file ──► frames ──► names, profile

What frames cost perf is the difference that they make to its script. In pmc they are found while
it records: what they cost there is the part of its CPU time that a sampling perf sees below
add_unwound() of src/collector/chain.c; and, with the names and the rows that they lead to, the
difference that they make to the recorder.
"""
import os
import pathlib
import re
import subprocess
import time

from figures import median
from loads import Load
from recorders import BenchError, Perf, Pmc, run

LOAD = "sqlite3+python3"
CALLGRAPH = "dwarf,8192"
PERF_SECONDS = 600
# Of the user's part of each chain: addresses, not what was inlined there.
PMC_FRAMES = """
    WITH RECURSIVE user (id) AS (SELECT l.id FROM location l JOIN module m ON m.id = l.module_id
            WHERE m.kind NOT LIKE 'kernel%'),
        chain (id, frames) AS (
            SELECT s.id, s.location_id IN user FROM stack s WHERE s.parent_id IS NULL
            UNION ALL SELECT s.id, c.frames + (s.location_id IN user)
            FROM chain c JOIN stack s ON s.parent_id = c.id)
    SELECT sum(k.samples * (coalesce(c.frames, 0) + (k.location_id IN user))) AS frames
    FROM cost k LEFT JOIN chain c ON c.id = k.stack_id"""


def cpu_of(command, result):
    """CPU seconds of a command, whose output goes to a file; nobody waits for ever."""
    with open(result, "w", encoding="ascii") as output:
        child = subprocess.Popen(["timeout", str(PERF_SECONDS), *command], stdout=output,
                                 stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise BenchError(f"{' '.join(command[:2])}: exit status {child.returncode}")
    return usage.ru_utime + usage.ru_stime


def count_frames(path):
    """Frames of user code in what perf script -F ip printed: an address a line."""
    with open(path, encoding="ascii", errors="replace") as text:
        return sum(bool(re.match(r"\s+(?!ffff)[0-9a-f]+\s*$", line)) for line in text)


class StackRows:
    """Recorded once for both rows; runs are repeated as a whole."""

    def __init__(self, bench):
        self.bench, self.runs = bench, []

    def record(self):
        if self.runs:
            return
        bench = self.bench
        seconds = bench.pick(15, 4)
        for _ in range(bench.pick(3, 1)):
            one = {}
            for what, kind, callgraph in (("plain", Pmc, "none"), ("pmc", Pmc, CALLGRAPH),
                                          ("perf", Perf, CALLGRAPH)):
                recorder = kind(bench.folder / f"stacks.{what}", hz=4000, callgraph=callgraph)
                try:
                    bench.record_alone(LOAD, recorder, seconds)
                    one[what] = self.weigh(recorder)
                finally:
                    recorder.remove()
            one["pmc"]["share"] = self.profile(seconds)
            self.runs.append(one)

    def profile(self, seconds):
        """The share of unwinding in pmc's CPU time, and the frames that it found meanwhile."""
        folder = self.bench.folder
        pmc = Pmc(folder / "stacks.profiled", hz=4000, callgraph=CALLGRAPH)
        data = str(folder / "stacks.profile")
        load = Load(self.bench.loads.loop(LOAD))
        perf = None
        try:
            pmc.attach(load.pid)
            perf = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", "5000", "-g",
                                     "-o", data, "-p", str(pmc.process.pid)],
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(0.5)
            load.go()
            time.sleep(seconds)
            pmc.interrupt()
            pmc.wait()
            perf.wait()
            text = run(["perf", "report", "-i", data, "--stdio", "--children", "-g", "none",
                        "--no-inline", "--sort", "sym"])
            share = re.search(r"^ *([0-9.]+)% .*\badd_unwound$", text, re.M)
            if not share:
                raise BenchError("perf does not see add_unwound() in pmc")
            return {"unwinding": float(share[1]) / 100 * pmc.cpu_seconds,
                    "frames": pmc.query(PMC_FRAMES)[0]["frames"]}
        finally:
            load.stop()
            for process in (perf, pmc.process):
                if process and process.poll() is None:
                    process.kill()
                    process.wait()
            pmc.remove()
            pathlib.Path(data).unlink(missing_ok=True)

    def weigh(self, recorder):
        seen = {"cpu": recorder.cpu_seconds, "samples": recorder.samples(),
                "lost": recorder.lost(), "bytes": recorder.size()}
        if recorder.name == "pmc":
            seen["frames"] = recorder.query(PMC_FRAMES)[0]["frames"]
            seen["cut"] = {name: value for name, value in recorder.health().items()
                           if name.startswith("unwind")}
        else:
            text = self.bench.folder / "stacks.txt"
            seen["script"] = cpu_of(["perf", "script", "-i", str(recorder.path), "--no-inline",
                                     "-F", "ip"], text)
            seen["frames"] = count_frames(text)
            seen["plain"] = cpu_of(["perf", "script", "-i", str(recorder.path), "-F", "tid"], text)
            seen["report"] = cpu_of([*recorder.report_command(), "--no-inline"], text)
            text.unlink()
        return seen

    def medians(self, figure):
        """Of pmc's figure, perf's, and of their ratio in each run: functions of a run's part."""
        values = [[figure[name](run[name]) for name in ("pmc", "perf")] for run in self.runs]
        return [median(column) for column in zip(*values)] + [
            median([ours / max(theirs, 1e-9) for ours, theirs in values])]

    # ---- 11 ----

    def unwinding(self):
        self.record()
        for run in self.runs:
            pmc, plain = run["pmc"], run["plain"]
            pmc["plain"] = plain["cpu"] / max(plain["samples"], 1) * pmc["samples"]
        script = {"perf": lambda one: one["frames"] / 1e6 /
                                      max(one["script"] - one["plain"], 1e-3)}
        pmc, perf, ratio = self.medians({
            "pmc": lambda one: one["share"]["frames"] / one["share"]["unwinding"] / 1e6, **script})
        added = self.medians({
            "pmc": lambda one: one["frames"] / 1e6 / max(one["cpu"] - one["plain"], 1e-3),
            **script})
        whole = self.medians({"pmc": lambda one: one["frames"] / one["cpu"] / 1e6,
                              "perf": lambda one: one["frames"] / one["script"] / 1e6})
        frames = self.medians(dict.fromkeys(
            ("pmc", "perf"), lambda one: one["frames"] / max(one["samples"], 1)))
        self.bench.figures.add(
            11, f"frames unwound a second, {LOAD}", target=">= 5 x perf", pmc=pmc, perf=perf,
            unit="million", ratio=ratio, good=ratio >= 5, n=len(self.runs),
            note=f"{frames[0]:.1f} and {frames[1]:.1f} frames a sample", runs=self.runs)
        self.bench.figures.add(
            11, "  with their names and rows", pmc=added[0], perf=added[1], unit="million",
            ratio=added[2], n=len(self.runs),
            note=f"of all the CPU time of recorder and perf script {whole[0]:.2f} and "
                 f"{whole[1]:.2f} million")

    # ---- 12 ----

    def recording(self):
        self.record()
        add, count = self.bench.figures.add, len(self.runs)
        lost = [sum(run[name]["lost"] for run in self.runs) for name in ("pmc", "perf")]
        samples = self.medians({name: lambda one: one["samples"] for name in ("pmc", "perf")})
        add(12, f"dwarf stacks at 4 kHz, {LOAD}: lost", target="0", pmc=lost[0], perf=lost[1],
            unit="count", good=lost[0] == 0, n=count, ratio=None,
            note=f"samples {samples[0]:.0f} and {samples[1]:.0f}; cut in the last run: "
                 f"{self.runs[-1]['pmc']['cut']}")
        per = {"pmc": lambda one: 1e6 * one["cpu"] / max(one["samples"], 1),
               "perf": lambda one: 1e6 * (one["cpu"] + one["report"]) / max(one["samples"], 1)}
        pmc, perf, ratio = self.medians(per)
        alone = self.medians({**per, "perf": lambda one: 1e6 * one["cpu"] / max(one["samples"], 1)})
        add(12, "  CPU time a sample; perf record and report", target="<= perf", pmc=pmc,
            perf=perf, unit="us", ratio=ratio, good=ratio <= 1, n=count,
            note=f"perf record alone {alone[1]:.1f} us")
        pmc, perf, ratio = self.medians({name: lambda one: one["bytes"] / 1e6
                                         for name in ("pmc", "perf")})
        add(12, "  on disk", target="< 1/100 of perf", pmc=pmc, perf=perf, unit="MB", ratio=ratio,
            good=ratio < 0.01, n=count)
