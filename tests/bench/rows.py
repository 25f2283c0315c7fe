"""The measurements, one function each; the numbers are those of docs/PERFORMANCE.md.

Both recorders watch the same processes at the same time wherever that is possible: what disturbs
one disturbs the other, and they have the same samples to take.
"""
import pathlib
import subprocess
import time

import import_rows
from figures import interval, median
from loads import Load
from names import Names
from recorders import BenchError, Perf, Pmc, record_together, run
from stack_rows import StackRows
import tree_rows

MEMORY_SECONDS = 300
SYSCTL = pathlib.Path("/proc/sys/kernel")


class Bench:
    def __init__(self, folder, loads, figures, quick):
        self.folder, self.loads, self.figures, self.quick = folder, loads, figures, quick
        self.long_sessions = {}
        self.stacks = StackRows(self)

    def pick(self, full, quick):
        return quick if self.quick else full

    def pair(self, name, **options):
        return (Pmc(self.folder / f"{name}.db", **options),
                Perf(self.folder / f"{name}.perf.data", **options))

    def together(self, name, load, seconds, **options):
        """Both recorders on the looping load; the pair."""
        pair = self.pair(name, beside=True, **options)
        # Who is attached first sees no more than the other: the load is held.
        record_together(Load(self.loads.loop(load)), pair, seconds)
        return pair

    def record_alone(self, load, recorder, seconds):
        record_together(Load(self.loads.loop(load)), [recorder], seconds)

    # ---- 1 ----

    def shares(self):
        repeats, seconds = self.pick(5, 2), self.pick(5, 2)
        worst = {"pmc": [], "perf": []}
        for _ in range(repeats):
            pair = self.pair("shares", hz=4000, beside=True)
            text = record_together(Load(f"exec {self.folder / 'shares'} {seconds}"), pair)
            spent = {name: int(value) for name, value in map(str.split, text.splitlines())}
            whole = spent.pop("process")
            for recorder in pair:
                profile = recorder.profile()
                worst[recorder.name].append(max(
                    100 * abs(profile.get(name, 0) - value / whole)
                    for name, value in spent.items()))
                recorder.remove()
        for what, choose in (("median of runs", median), ("worst run", max)):
            pmc, perf = choose(worst["pmc"]), choose(worst["perf"])
            self.figures.add(1, f"shares 5:3:2, off by, {what}", target="<= 1.5 points", pmc=pmc,
                             perf=perf, unit="points", good=pmc <= 1.5, ratio=None, n=repeats,
                             runs=worst)

    # ---- 2 ----

    def top_ten(self):
        for load in ("xz", "sqlite3", "python3", "gcc"):
            self.attempt(2, load, self.top_ten_of, load)

    def top_ten_of(self, load):
        pmc, perf = self.pair("top", hz=4000, stacks=False, beside=True)
        again = Perf(self.folder / "top-again.perf.data", hz=4000, stacks=False, beside=True)
        record_together(Load(self.loads.loop(load)), (perf, pmc, again), self.pick(15, 4))
        names = Names(pmc.modules())
        profiles = [recorder.profile(names) for recorder in (pmc, perf, again)]
        ours, floor = difference(profiles[0], profiles[1]), difference(profiles[2], profiles[1])
        worst, points = max(ours.items(), key=lambda item: item[1])
        named = sum(not name.startswith("[") for name in ours)
        self.figures.add(
            2, f"top ten of {load}, off perf by at most", target="<= 2 points", pmc=points,
            perf=max(floor.values()), unit="points", good=points <= 2, ratio=None,
            note=f"most: {worst}; {named} of {len(ours)} functions have a name; "
                 "perf: a second perf against the first",
            shares={name: [profile.get(name, 0) for profile in profiles] for name in ours})
        for recorder in (pmc, perf, again):
            recorder.remove()

    # ---- 3 ----

    def cpu_time(self):
        for load in ("xz+xz", "sqlite3+python3", "gcc+gcc"):
            self.attempt(3, load, self.cpu_time_of, load)

    def cpu_time_of(self, load):
        """Both at once, so that they have the same samples; and perf as one types it, alone: it
        then reads its file a second time at the end, for build-ids. That one is compared by the
        sample, because a load is not given the same CPU time twice."""
        repeats, seconds = self.pick(3, 1), self.pick(20, 5)
        spent, samples = [], []
        for _ in range(repeats):
            alone = Perf(self.folder / "cpu-alone.perf.data", hz=4000)
            three = [*self.together("cpu", load, seconds, hz=4000), alone]
            again(self.record_alone, load, alone, seconds)
            spent.append([recorder.cpu_seconds for recorder in three])
            samples.append([recorder.samples() for recorder in three])
            for recorder in three:
                recorder.remove()
        pmc, beside, _ = (median(column) for column in zip(*spent))
        by_sample = [[cpu / max(count, 1) for cpu, count in zip(cpus, counts)]
                     for cpus, counts in zip(spent, samples)]
        ratios = [median([costs[0] / costs[other] for costs in by_sample]) for other in (1, 2)]
        self.figures.add(3, f"recorder's CPU time, {load}, {seconds} s", target="<= perf", pmc=pmc,
                         perf=pmc / ratios[1], unit="s", ratio=ratios[1], good=ratios[1] <= 1,
                         n=repeats, runs=spent, samples=samples,
                         note=f"{1e6 * median([costs[0] for costs in by_sample]):.2f} us a sample")
        self.figures.add(3, "  perf without a pass for build-ids", pmc=pmc, perf=beside, unit="s",
                         ratio=ratios[0], n=repeats)

    # ---- 4 ----

    def slow_down(self):
        for load in ("shares", "python3 short", "gcc short"):
            self.attempt(4, load, self.slow_down_of, load)

    def slow_down_of(self, load):
        repeats = self.pick(11, 3)
        times = {"": [], "pmc": [], "perf": []}
        for turn in range(repeats):
            order = ["", "pmc", "perf"]
            for how in order[turn % 3:] + order[:turn % 3]:
                times[how].append(again(self.timed_run, load, how))
        for index, what in ((1, "CPU"), (0, "wall")):
            plain = median([run[index] for run in times[""]])
            slow = {how: 100 * (median([run[index] for run in times[how]]) / plain - 1)
                    for how in ("pmc", "perf")}
            against = [100 * (ours[index] / theirs[index] - 1)
                       for ours, theirs in zip(times["pmc"], times["perf"])]
            low, high = interval(against)
            self.figures.add(
                4, f"slow-down at 1 kHz, {load}, {what} time", target="not more", unit="%",
                pmc=slow["pmc"], perf=slow["perf"], ratio=None, n=repeats, good=low <= 0,
                note=f"alone {plain:.3f} s; pmc against perf {median(against):+.2f} %, between "
                     f"{low:+.2f} and {high:+.2f} %",
                runs={how or "alone": times[how] for how in times})

    def timed_run(self, load, how):
        """(wall, CPU) seconds of the load's own processes."""
        result = self.folder / "timed.txt"
        command = [str(self.folder / "timed"), str(result), "/bin/sh", "-c", self.loads.once[load]]
        if how:
            recorder = (Pmc if how == "pmc" else Perf)(self.folder / f"slow.{how}", hz=1000)
            recorder.start("--", *command)
            recorder.wait()
            recorder.remove()
        else:
            run(command)
        wall, cpu, _ = map(int, result.read_text().split())
        return wall / 1e9, cpu / 1e9

    # ---- 5 and 6 ----

    LONG_LOADS = ("xz+python3", "sqlite3+python3", "gcc+gcc")

    def long_session(self, load):
        """A minute of two busy CPUs, recorded once for both rows."""
        if load not in self.long_sessions:
            name = "long-" + load.replace("+", "-")
            self.long_sessions[load] = self.together(name, load, self.pick(60, 10), hz=4000)
        return self.long_sessions[load]

    def size(self):
        for load in self.LONG_LOADS:
            self.attempt(5, load, self.size_of, load)

    def size_of(self, load):
        pmc, perf = self.long_session(load)
        sizes = [recorder.size() / 1e6 for recorder in (pmc, perf)]
        samples = pmc.samples()
        self.figures.add(
            5, f"session of {self.pick(60, 10)} s on disk, {load}", target="<= 1/10 of perf",
            pmc=sizes[0], perf=sizes[1], unit="MB", good=sizes[0] <= sizes[1] / 10,
            note=f"{samples} and {perf.samples()} samples; {1e6 * sizes[0] / samples:.1f} and "
                 f"{1e6 * sizes[1] / samples:.1f} bytes a sample; recorder's CPU time "
                 f"{pmc.cpu_seconds:.2f} and {perf.cpu_seconds:.2f} s")

    def report(self):
        for load in self.LONG_LOADS:
            self.attempt(6, load, self.report_of, load)

    def report_of(self, load):
        pmc, perf = self.long_session(load)
        ours = [wall_ms(pmc.report_command()) for _ in range(5)]
        theirs = [wall_ms(perf.report_command()) for _ in range(self.pick(3, 1))]
        self.figures.add(6, f"report of it, {load}", target="< 100 ms", pmc=median(ours),
                         perf=median(theirs), unit="ms", good=median(ours) < 100, n=len(ours),
                         runs=[ours, theirs])

    # ---- 7 ----

    def memory(self):
        wanted = self.pick(10_000_000, 1_000_000)
        with Sysctl("perf_event_max_sample_rate", 400000) as rate:
            period = 10000 if rate.reached else 20000    # ns: 100 kHz is the kernel's own limit
            peaks, counts, lost, seconds = [], [], [], None
            for kind in (Pmc, Perf):
                recorder = kind(self.folder / f"memory.{kind.name}", period=period)
                try:
                    peak, seconds = self.peak_of(recorder, wanted, seconds)
                    peaks.append(peak)
                    counts.append(recorder.samples())
                    lost.append(recorder.lost())
                finally:
                    recorder.remove()
        self.figures.add(
            7, f"peak memory, {counts[0] / 1e6:.1f} million samples of python3", target="< 64 MB",
            pmc=peaks[0], perf=peaks[1], unit="MB", good=peaks[0] < 64 and counts[0] >= wanted,
            note=f"samples {counts[0]} and {counts[1]}, lost {lost[0]} and {lost[1]}"
                 + ("" if counts[0] >= wanted else f"; {wanted} were wanted"))

    def peak_of(self, recorder, wanted, seconds):
        """Peak and seconds of the recorder of one program, two processes of it, for `seconds` or,
        where that is None, until so many samples are in the session."""
        result = self.folder / "timed.txt"
        python, script, _ = self.loads.once["python3"].rsplit(" ", 2)
        load = Load(f"exec {python} {script} 1000000 2")
        try:
            recorder.start("-p", str(load.pid), prefix=[str(self.folder / "timed"), str(result)])
            time.sleep(2)
            load.go()
            start = time.monotonic()
            if seconds:
                time.sleep(seconds)
            while not seconds:
                time.sleep(2)
                passed = time.monotonic() - start
                if recorder.samples() >= wanted or passed > MEMORY_SECONDS:
                    seconds = passed
            recorder.interrupt()
            recorder.wait()
        finally:
            load.stop()
        return int(result.read_text().split()[2]) * 1024 / 1e6, seconds

    # ---- 8 ----

    def lost(self):
        seconds, hz = self.pick(30, 10), 20000
        repeats = self.pick(3, 1)
        lost, samples, throttled = [], [], []
        for _ in range(repeats):
            for recorder in self.pair("lost", hz=hz):
                again(self.record_everything, recorder, seconds)
                lost.append(recorder.lost())
                samples.append(recorder.samples())
                throttled.append(recorder.throttled())
                recorder.remove()
        self.figures.add(
            8, f"samples lost at 20 kHz, -a, {seconds} s", target="0", pmc=sum(lost[0::2]),
            perf=sum(lost[1::2]), unit="count", good=sum(lost[0::2]) == 0, n=repeats,
            note=f"samples {median(samples[0::2]):.0f} and {median(samples[1::2]):.0f}, throttled "
                 f"{sum(throttled[0::2])} and {sum(throttled[1::2])} times")

    def record_everything(self, recorder, seconds):
        load = Load(self.loads.loop("sqlite3+python3"))
        try:
            recorder.start("-a")
            recorder.await_attached()
            load.go()
            time.sleep(seconds)
            recorder.interrupt()
            recorder.wait()
        finally:
            load.stop()

    # ---- 9 ----

    def hot_path(self):
        """What hot_path.c tells, of several runs; each part against one pass over the records."""
        repeats, runs = self.pick(5, 2), []
        for _ in range(repeats):
            text = run([str(self.folder / "hot_path"), str(self.pick(200_000, 50_000))])
            lines = [line.split() for line in text.splitlines()]
            runs.append({words[1]: float(words[2]) for words in lines if words[0] == "part"})
            said = {words[0]: words[1] for words in lines if words[0] != "part"}
        parts = {part: median([one[part] for one in runs]) for part in runs[0]}
        unit = "ns" if said["unit"] == "ns" else "instr."
        for part, value in parts.items():
            if part in ("pass", "copy"):
                continue
            self.figures.add(9, f"reader, a sample: {part}", pmc=value, unit=unit, n=repeats,
                             ratio=median([one[part] / one["pass"] for one in runs]),
                             runs=[one[part] for one in runs])
        what = "CPU time" if unit == "ns" else "instructions"
        print(f"    {what}; ratio: to adding up the words of the same {said['bytes']} bytes, "
              f"{parts['pass']:.1f} {unit} (memcpy of them: {parts['copy']:.1f} {unit})")

    # ---- 10 ----

    def unwind(self):
        """Frames a second once rules are known, as unwind.c tells, and libdw for the same code."""
        repeats, runs = self.pick(5, 2), []
        for _ in range(repeats):
            text = run([str(self.folder / "unwind"), str(self.pick(20_000, 5_000))])
            runs.append({words[1]: float(words[2]) for words in map(str.split, text.splitlines())
                         if words[0] == "part"})
        parts = {part: median([one[part] for one in runs]) for part in runs[0]}
        for part, what in (("spread", "each frame elsewhere"), ("chain", "one stack")):
            self.figures.add(10, f"unwinding, frames a second: {what}", pmc=1000 / parts[part],
                             unit="million", target="5 million", good=1000 / parts[part] >= 5,
                             n=repeats, ratio=parts["libdw"] / parts[part],
                             runs=[one[part] for one in runs])
        print(f"    ratio: to libdw, {1000 / parts['libdw']:.1f} million rules of the first line's "
              f"addresses; its first frames, which read rules: {parts['first']:.0f} ns each")

    # ---- 11 and 12: stack_rows.py ----

    def frames(self):
        self.stacks.unwinding()

    def dwarf(self):
        self.stacks.recording()

    # ---- 13 ----

    def trees(self):
        tree_rows.measure(self, 13)

    # ---- 14 ----

    def recordings(self):
        import_rows.measure(self, 14)

    # ---- all ----

    ROWS = {1: shares, 2: top_ten, 3: cpu_time, 4: slow_down, 5: size, 6: report, 7: memory,
            8: lost, 9: hot_path, 10: unwind, 11: frames, 12: dwarf,
            13: trees, 14: recordings}

    def attempt(self, row, what, function, *arguments):
        """One that cannot be measured must not take the others with it."""
        try:
            function(*arguments)
        except (BenchError, OSError, KeyError, ValueError, subprocess.SubprocessError) as error:
            self.figures.fail(row, what, error)

    def measure(self, rows):
        try:
            for row in rows:
                self.attempt(row, "all of it", self.ROWS[row], self)
        finally:
            for pair in self.long_sessions.values():
                pair[1].remove()


class Sysctl:
    """A setting of the kernel, put back afterwards; .reached tells whether it could be had."""

    def __init__(self, name, value):
        self.path, self.value, self.before, self.reached = SYSCTL / name, value, None, False

    def __enter__(self):
        self.before = self.path.read_text().strip()
        if int(self.before) >= self.value:
            self.reached, self.before = True, None
            return self
        try:
            self.path.write_text(f"{self.value}\n")
            self.reached = True
        except OSError:
            self.before = None
        return self

    def __exit__(self, *_):
        if self.before is not None:
            self.path.write_text(f"{self.before}\n")


def again(function, *arguments):
    """Up to three times: a perf that runs alone here still aborts (see recorders.Perf) if somebody
    else's pmc watches the whole machine just then."""
    for _ in range(2):
        try:
            return function(*arguments)
        except BenchError:
            time.sleep(1)
    return function(*arguments)


def difference(profile, other):
    """Points between two profiles, for what is among the ten most of either."""
    top = set()
    for shares in (profile, other):
        top |= set(sorted(shares, key=shares.get, reverse=True)[:10])
    return {name: 100 * abs(profile.get(name, 0) - other.get(name, 0)) for name in top}


def wall_ms(command):
    start = time.perf_counter()
    with open("/dev/null", "w", encoding="ascii") as null:
        subprocess.run(command, stdout=null, stderr=null, stdin=subprocess.DEVNULL, check=True)
    return 1000 * (time.perf_counter() - start)
