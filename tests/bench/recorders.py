"""pmc and perf behind one face: start, stop, what it cost, what it found.

Job: command lines, rusage of the recorder's process alone, profiles as {name: share}, sizes.
Not here: what is done with them (rows.py).

A profile is given in the words of names.py, so that the same code has the same name in both.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

ATTACH_SECONDS = 20
FINISH_SECONDS = 300


class BenchError(Exception):
    pass


def run(command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          errors="replace", check=False, stdin=subprocess.DEVNULL, **more)
    if done.returncode:
        raise BenchError(f"{' '.join(map(str, command[:2]))}: exit status {done.returncode}: "
                         f"{done.stderr.strip()[-300:]}")
    return done.stdout


def counters_open(pid):
    """How many counters the process has open."""
    count = 0
    try:
        for fd in os.listdir(f"/proc/{pid}/fd"):
            try:
                count += "[perf_event]" in os.readlink(f"/proc/{pid}/fd/{fd}")
            except OSError:
                pass
    except FileNotFoundError:
        pass
    return count


class Recorder:
    """One recording. Subclasses know the tool: command(), files(), profile(), lost().
    callgraph: how stacks are found, as both tools call it.
    beside: another recorder watches the same processes at the same time."""

    name = ""

    def __init__(self, path, *, hz=None, period=None, event="cpu-clock", stacks=True,
                 callgraph="fp", beside=False):
        self.path = pathlib.Path(path)
        self.rate = ["-c", str(period)] if period else ["-F", str(hz)]
        self.event, self.stacks, self.callgraph, self.beside = event, stacks, callgraph, beside
        self.process = self.usage = self.status = self.log = None
        self.remove()

    def remove(self):
        for file in self.files():
            file.unlink(missing_ok=True)

    def size(self):
        return sum(file.stat().st_size for file in self.files() if file.exists())

    # ---- recording ----

    def start(self, *target, prefix=()):
        self.log = self.path.with_suffix(".log")
        with open(self.log, "w", encoding="utf-8") as log:
            self.process = subprocess.Popen([*prefix, *self.command(), *target],
                                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                            stderr=log)

    def attach(self, pid):
        self.start("-p", str(pid))
        self.await_attached()

    def await_attached(self):
        """Until its counters are open, all of them, and a moment more for it to begin."""
        before, end = 0, time.monotonic() + ATTACH_SECONDS
        while time.monotonic() < end:
            time.sleep(0.2)
            now = counters_open(self.process.pid)
            if now and now == before:
                time.sleep(0.2)
                return
            before = now
            if self.process.poll() is not None:
                break
        raise BenchError(f"{self.name} did not begin: {self.log.read_text()[-300:].strip()}")

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def wait(self):
        """To its end; sets usage, of the recorder with what it waited for itself."""
        end, pid = time.monotonic() + FINISH_SECONDS, 0
        while not pid:
            pid, status, self.usage = os.wait4(self.process.pid, os.WNOHANG)
            if not pid and time.monotonic() > end:
                self.process.kill()
                self.process.wait()
                raise BenchError(f"{self.name} did not end within {FINISH_SECONDS} s")
            time.sleep(0 if pid else 0.02)
        self.status = self.process.returncode = os.waitstatus_to_exitcode(status)
        if self.status not in (0, -signal.SIGINT, 128 + signal.SIGINT):
            raise BenchError(f"{self.name}: exit status {self.status}: "
                             f"{self.log.read_text()[-300:].strip()}")

    @property
    def cpu_seconds(self):
        return self.usage.ru_utime + self.usage.ru_stime


class Pmc(Recorder):
    name = "pmc"
    program = "pmc"

    def command(self):
        return [self.program, "record", "-e", self.event, *self.rate, "-o", str(self.path),
                "--call-graph", self.callgraph if self.stacks else "none"]

    def files(self):
        return [self.path, *(self.path.with_name(self.path.name + end) for end in ("-wal", "-shm"))]

    def query(self, sql):
        return json.loads(run([self.program, "sql", "-i", str(self.path), "--format", "json", sql]))

    def summary(self):
        return self.query("SELECT * FROM session_summary")[-1]

    def health(self):
        return {row["name"]: row["value"] for row in self.query("SELECT name, value FROM health")}

    def samples(self):
        return self.summary()["samples"]

    def lost(self):
        return self.summary()["lost"]

    def throttled(self):
        return self.health().get("throttled", 0)

    def modules(self):
        return [(row["name"], row["path"]) for row in self.query("SELECT name, path FROM module")]

    def profile(self, names=None):
        shares = {}
        for row in self.query("SELECT module, function, samples FROM function_profile"
                              " WHERE samples > 0"):
            bare = re.fullmatch(r"\[(.*)\+0x([0-9a-f]+)\]", row["function"])
            if names and bare:
                name = names.address(row["module"], int(bare[2], 16))
            else:
                name = names.function(row["module"], row["function"]) if names else row["function"]
            shares[name] = shares.get(name, 0) + row["samples"]
        return as_shares(shares)

    def report_command(self):
        return [self.program, "report", "-i", str(self.path)]


class Perf(Recorder):
    """Beside pmc, perf asks the kernel for build-ids as pmc does (--buildid-mmap). Else records of
    new mappings that pmc's counter has marked as carrying a build-id reach perf without one (the
    kernel leaves the mark on for the next counter; seen with 6.18), and perf 6.1 aborts."""

    name = "perf"

    def command(self):
        return ["perf", "record", "-e", self.event, *self.rate, "-o", str(self.path),
                *(["--call-graph", self.callgraph] if self.stacks else []),
                *(["--buildid-mmap"] if self.beside else [])]

    def files(self):
        return [self.path, self.path.with_name(self.path.name + ".old")]

    def stats(self):
        if not hasattr(self, "_stats"):
            self._stats = run(["perf", "report", "-i", str(self.path), "--stats"])
        return self._stats

    def event_count(self, kind):
        found = re.search(rf"^ *{kind} events: +(\d+)", self.stats(), re.M)
        return int(found[1]) if found else 0

    def samples(self):
        return self.event_count("SAMPLE")

    def throttled(self):
        return self.event_count("THROTTLE")

    def report_command(self):
        return ["perf", "report", "-i", str(self.path), "--stdio"]

    def rows(self):
        flat = ["-g", "none"] if self.stacks else []
        return run([*self.report_command(), "--no-children", *flat, "-F", "sample,dso,symbol",
                    "-t", ";"])

    def lost(self):
        found = re.search(r"^# Total Lost Samples: (\d+)", self.rows(), re.M)
        return int(found[1]) if found else 0

    def profile(self, names=None):
        shares = {}
        for line in self.rows().splitlines():
            fields = line.split(";", 2)
            if line.startswith("#") or len(fields) < 3:
                continue
            symbol = re.sub(r"^\[.\] ", "", fields[2].strip())
            module = fields[1].strip()
            if names and re.fullmatch(r"0x[0-9a-f]+", symbol):
                symbol = names.address(module, int(symbol, 16))
            elif names:
                symbol = names.function(module, symbol)
            shares[symbol] = shares.get(symbol, 0) + int(fields[0])
        return as_shares(shares)


def as_shares(counts):
    total = sum(counts.values())
    if not total:
        raise BenchError("no samples")
    return {name: count / total for name, count in counts.items()}


def record_together(load, recorders, seconds=None):
    """All recorders on one held load, for `seconds` or to the load's end; what the load printed."""
    started = []
    try:
        for recorder in recorders:
            started.append(recorder)
            recorder.attach(load.pid)
        load.go()
        if seconds:
            time.sleep(seconds)
            for recorder in recorders:
                recorder.interrupt()
        text = "" if seconds else load.wait()
        if seconds:
            load.stop()
        for recorder in recorders:
            recorder.wait()
        return text
    finally:
        load.stop()
        for recorder in started:
            if recorder.process and recorder.process.poll() is None:
                recorder.process.kill()
                recorder.process.wait()
