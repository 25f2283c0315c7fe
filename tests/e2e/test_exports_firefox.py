#!/usr/bin/env python3
"""Exports for the Firefox Profiler: by jq against the types of the format, and opened by the
Profiler itself, whose engine is a command, too (profiler-cli)."""
import collections
import contextlib
import json
import os
import pathlib
import re
import subprocess
import time

from cases import PMC, check, finish, npm_install, query, run, skip
from exported import differ, equal, events, export, jq, profile

CLI = "npm/node_modules/@firefox-devtools/profiler-cli/dist/profiler-cli.js"
SESSIONS = pathlib.Path("sessions").absolute()
PROGRAMS = pathlib.Path(os.environ["PROGRAMS"])


# ---- the file ----

def test_firefox(db, session):
    data = export(db, session, "firefox")
    jq(f"firefox {session}: its shape, by jq", "firefox.jq", data)
    kept = events(db, session)
    sums = {event: collections.defaultdict(lambda: [0, 0]) for event in kept}
    for thread in json.loads(data)["threads"]:
        event = kept[0] if len(kept) == 1 else re.search(r"\[(.*)\]$", thread["processName"])[1]
        samples, stacks = thread["samples"], thread["stackTable"]
        frames, functions = thread["frameTable"], thread["funcTable"]
        scale = 1e6 if samples["weightType"] == "tracing-ms" else 1
        for stack, weight in zip(samples["stack"], samples["weight"]):
            if stack is None:
                continue
            names = []
            while stack is not None:
                function = frames["func"][stacks["frame"][stack]]
                names.append(thread["stringArray"][functions["name"][function]])
                stack = stacks["prefix"][stack]
            sums[event][names[0]][0] += weight * scale
            for name in set(names):
                sums[event][name][1] += weight * scale
    for event in kept:
        seen = {name: tuple(pair) for name, pair in sums[event].items()}
        wanted = profile(db, session, event)
        check(f"firefox {session}: functions of {event}", equal(seen, wanted),
              differ(seen, wanted))


def test_firefox_details():
    profiled = json.loads(export("made.db", 1, "firefox"))
    main = profiled["threads"][0]
    texts, frames, functions = main["stringArray"], main["frameTable"], main["funcTable"]
    rows = {(texts[functions["name"][f]], line, depth) for f, line, depth in
            zip(frames["func"], frames["line"], frames["inlineDepth"])}
    check("firefox: lines of what was inlined and of where",
          {("compute", 44, 0), ("square", 7, 1)} <= rows, rows)
    check("firefox: threads", [(t["name"], t["pid"], t["tid"], t["isMainThread"])
                               for t in profiled["threads"]] ==
          [("solve", "4100", 4100, True), ("worker", "4100", 4103, False),
           ("gzip", "4107", 4107, True)])
    times = main["samples"]["time"]
    check("firefox: time", 0 == times[0] and 900 <= times[-2] < times[-1] == 1000, times[-2:])
    check("firefox: a long step is long, and each slice is shared out",
          times[:5] == [0, 62.5, 78.125, 90.625, 100], times[:5])
    used = main["samples"]["threadCPUDelta"]
    check("firefox: all of a slice has the CPU use of that slice", all(
        abs(used[i] / (times[i] - times[i - 1]) - 0.8e6) < 1 for i in range(1, 5)), used[:5])
    gzip = profiled["threads"][2]["samples"]
    check("firefox: no stack once it rests", [gzip["stack"][-1], gzip["time"][-1]] == [None, 1000],
          gzip)
    cut = json.loads(export("made.db", 1, "firefox", "--from", "0.9"))
    check("firefox: a window of time", all(900 <= t <= 1000 for thread in cut["threads"]
                                           for t in thread["samples"]["time"]))


# ---- what the Profiler shows ----

@contextlib.contextmanager
def opened(path):
    """The Profiler with a file open, as what answers in the background. Its own command to start
    that gives up after half a second, which Node.js may need to begin with; and whoever asks before
    it listens takes it for dead, and removes its files. So its log tells when it has read the
    file."""
    log = SESSIONS / "test.log"
    log.unlink(missing_ok=True)
    with subprocess.Popen(["node", CLI, "--daemon", path, "--session", "test"],
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        said = ""
        while not re.search(r"Profile loaded|Failed|\[ERROR\]", said) and process.poll() is None \
                and time.monotonic() < until:
            time.sleep(0.1)
            said = log.read_text() if log.exists() else ""
        try:
            yield said
        finally:
            process.terminate()


def answer(*command):
    done = run("timeout", "60", "node", CLI, *command, "--session", "test", "--json")
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {"threads": [], "functions": [], "said": (done.stdout + done.stderr).decode()}


def test_cpu_time(db, session, event, threads):
    """What the Profiler says a thread used of the CPUs is what it cost."""
    rows = query(db, "SELECT comm, pid, tid, self FROM thread_profile WHERE session_id ="
                     f" {session} AND event = '{event}' AND samples > 0")
    wanted = {(row["comm"], int(row["pid"]), int(row["tid"])): (float(row["self"]), )
              for row in rows}
    seen = {(row["name"], int(row["pid"].split(" ")[0]), row["tid"]): (row["cpuMs"] * 1e6, )
            for row in threads}
    check(f"profiler {db} {session}: CPU time of each thread", equal(seen, wanted),
          differ(seen, wanted))


def test_functions(db, session, event, threads):
    sums = collections.defaultdict(lambda: [0, 0])
    for row in threads:
        functions = answer("thread", "functions", "--include-idle", "--limit", "0", "--thread",
                           row["threadHandle"])
        scale = 1e6 if functions.get("weightType") == "tracing-ms" else 1
        for function in functions["functions"]:
            sums[function["name"]][0] += function["selfSamples"] * scale
            sums[function["name"]][1] += function["totalSamples"] * scale
    wanted = profile(db, session, event)
    # Functions of one name are one here, and none there.
    several = {row["function"] for row in query(
        db, f"SELECT function FROM function_profile WHERE session_id = {session}"
            f" AND event = '{event}' GROUP BY function HAVING count(*) > 1")}
    seen = {name: tuple(pair) for name, pair in sums.items() if name not in several}
    check(f"profiler {db} {session}: functions of {event}", equal(seen, wanted),
          differ(seen, wanted))


def test_profiler(db, session):
    path = f"{db}.{session}.json"
    pathlib.Path(path).write_bytes(export(db, session, "firefox"))
    with opened(path) as said:
        check(f"profiler {db} {session}: it loads", "Profile loaded" in said, said)
        seen = answer("thread", "list", "--limit", "0")
        check(f"profiler {db} {session}: it has threads", seen["threads"], seen)
        kept = events(db, session)
        units = {row["event"]: row["unit"] for row in query(
            db, f"SELECT event, unit FROM event_summary WHERE session_id = {session}")}
        for event in kept:
            threads = [row for row in seen["threads"]
                       if len(kept) == 1 or row["processName"].endswith(f"[{event}]")]
            if units[event] == "ns":
                test_cpu_time(db, session, event, threads)
            test_functions(db, session, event, threads)


def record():
    """Processes, inlined functions and kernel code; whether that works here."""
    return run(PMC, "record", "-q", "-e", "cpu-clock", "-o", "real.db", "--", "sh", "-c",
               f"{PROGRAMS}/split 0.3 & {PROGRAMS}/inlines; wait").returncode == 0


def main():
    subprocess.run([pathlib.Path(PMC).parent / "golden/sessions", "made.db"], check=True)
    for number in (1, 2, 5):
        test_firefox("made.db", number)
    test_firefox_details()
    # Newer Node.js is asked for than Debian has, but of what is used here all works with that.
    missing = npm_install("@firefox-devtools/profiler-cli@0.10.0")
    if missing:
        skip("profiler", missing)
        finish()
    os.environ["PROFILER_CLI_SESSION_DIR"] = str(SESSIONS)
    for number in (1, 2, 5):
        test_profiler("made.db", number)
    if record():
        test_profiler("real.db", 1)
    else:
        skip("profiler real.db", "recording is not possible here")
    finish()


main()
