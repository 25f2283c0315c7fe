#!/usr/bin/env python3
"""Exports, read by what was not written here: protoc, callgrind_annotate, speedscope's importer,
jq, and `go tool pprof` where it is. What they say of functions is compared with the views."""
import collections
import csv
import gzip
import io
import json
import math
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess

import browser
from cases import PMC, check, finish, npm_install, query, run, skip
from exported import differ, equal, events, export, harmless, jq, profile

E2E = pathlib.Path(os.environ["E2E"])
PROTO = pathlib.Path(os.environ["ROOT"]) / "src/report"
FORMATS = ["folded", "pprof", "firefox", "speedscope", "callgrind", "chrome", "csv"]


# ---- pprof ----

def parse_proto(lines):
    """The text that protoc prints: field → list of numbers, texts or messages."""
    message = collections.defaultdict(list)
    for line in lines:
        line = line.strip()
        if line == "}":
            break
        if line.endswith("{"):
            message[line[:-2]].append(parse_proto(lines))
            continue
        name, _, value = line.partition(": ")
        if value.startswith('"'):
            raw = value[1:-1].encode("latin-1", "backslashreplace").decode("unicode_escape")
            message[name].append(raw.encode("latin-1").decode("utf-8"))
        else:
            message[name].append(value == "true" if value in ("true", "false") else int(value))
    return message


def one(message, name):
    return message[name][0] if message[name] else 0


def decode_pprof(data):
    done = run("protoc", f"-I{PROTO}", "--decode", "perftools.profiles.Profile", "pprof.proto",
               data=gzip.decompress(data))
    check("pprof: protoc decodes it", not done.returncode, done.stderr)
    return parse_proto(iter(done.stdout.decode().splitlines()))


def pprof_sums(pprof, value):
    names = {one(f, "id"): pprof["string_table"][one(f, "name")] for f in pprof["function"]}
    frames = {one(loc, "id"): [names[one(line, "function_id")] for line in loc["line"]]
              for loc in pprof["location"]}
    sums = collections.defaultdict(lambda: [0, 0])
    for sample in pprof["sample"]:
        stack = [name for loc in sample["location_id"] for name in frames[loc]]
        amount = sample["value"][value]
        if amount:
            sums[stack[0]][0] += amount
            for name in set(stack):
                sums[name][1] += amount
    return {name: tuple(pair) for name, pair in sums.items()}


def test_pprof(db, session):
    pprof = decode_pprof(export(db, session, "pprof"))
    texts = pprof["string_table"]
    types = [(texts[one(t, "type")], texts[one(t, "unit")]) for t in pprof["sample_type"]]
    check(f"pprof {session}: the first text is empty, and none is twice",
          texts[0] == "" and len(set(texts)) == len(texts))
    for index, event in enumerate(events(db, session)):
        wanted = {harmless(name): pair for name, pair in profile(db, session, event).items()}
        seen = pprof_sums(pprof, 2 * index + 1)
        check(f"pprof {session}: functions of {event}", equal(seen, wanted), differ(seen, wanted))
        check(f"pprof {session}: type of {event}",
              types[2 * index + 1][0] == event.replace(":", "_"), types)
    threads = collections.Counter()
    for sample in pprof["sample"]:
        labels = {texts[one(label, "key")]: label for label in sample["label"]}
        threads[one(labels["tid"], "num"), texts[one(labels["thread"], "str")]] += \
            sample["value"][1]
    rows = query(db, f"SELECT tid, comm, self FROM thread_profile WHERE session_id = {session}"
                     f" AND event = '{events(db, session)[0]}'")
    wanted = {(int(row["tid"]), row["comm"]): float(row["self"]) for row in rows}
    check(f"pprof {session}: threads are labels",
          {key: value for key, value in threads.items() if value} == wanted, threads)
    ids = {kind: {one(row, "id") for row in pprof[kind]}
           for kind in ("mapping", "location", "function")}
    check(f"pprof {session}: ids are of one each, and there",
          all(len(ids[kind]) == len(pprof[kind]) and 0 not in ids[kind] for kind in ids) and
          all(one(loc, "mapping_id") in ids["mapping"] for loc in pprof["location"]) and
          all(loc in ids["location"] for s in pprof["sample"] for loc in s["location_id"]))


def test_pprof_inlined():
    pprof = decode_pprof(export("made.db", 1, "pprof"))
    names = {one(f, "id"): pprof["string_table"][one(f, "name")] for f in pprof["function"]}
    lines = [[(names[one(line, "function_id")], one(line, "line")) for line in loc["line"]]
             for loc in pprof["location"]]
    check("pprof: the inlined function comes first, with lines of both",
          [("square", 7), ("compute", 44)] in lines, lines)
    check("pprof: when it was recorded", one(pprof, "time_nanos") == 1790000000 * 10**9 and
          one(pprof, "duration_nanos") == 1012345678)
    check("pprof: the first module is the program",
          pprof["string_table"][one(pprof["mapping"][0], "filename")].endswith("/solve"))
    check("pprof: the period of a clock", one(pprof, "period") == 250000)
    check("pprof: what is known of the session",
          {"label: base", "command: ./solve --size 100", "host: box"} <=
          {pprof["string_table"][text] for text in pprof["comment"]})
    rooted = pprof_sums(decode_pprof(export("made.db", 1, "pprof", "--root", "square")), 1)
    check("pprof: a root that was inlined", rooted == {"square": (352500000, 352500000)}, rooted)


def go_pprof(*options):
    done = run("env", f"HOME={os.getcwd()}", "go", "tool", "pprof", *options)
    return done.stdout.decode(), done.stderr.decode()


def go_top(*options):
    """Function → flat, cum, as `go tool pprof -top` has them."""
    text, err = go_pprof("-top", "-nodecount=200", "-nodefraction=0", *options)
    rows = {}
    for line in text.splitlines():
        match = re.fullmatch(r"\s*(-?[\d.]+)\w*\s+\S+%\s+\S+%\s+(-?[\d.]+)\w*\s+\S+%\s+(.+)", line)
        if match:
            rows[match[3].removesuffix(" (inline)")] = (float(match[1]), float(match[2]))
    return rows, text + err


def test_go():
    if not shutil.which("go"):
        skip("pprof: go tool pprof", "go is not installed")
        return
    for session in (1, 2, 5):
        path = f"run.{session}.pb.gz"
        pathlib.Path(path).write_bytes(export("made.db", session, "pprof"))
        for event in events("made.db", session):
            wanted = {harmless(name): pair
                      for name, pair in profile("made.db", session, event).items()}
            seen, text = go_top("-unit=ns", f"-sample_index={event.replace(':', '_')}", path)
            check(f"pprof {session}: go tool pprof: functions of {event}", equal(seen, wanted),
                  text)
    text, _ = go_pprof("-tree", "run.1.pb.gz")
    check("pprof: go tool pprof knows what was inlined", "square (inline)" in text, text)
    seen, text = go_top("-unit=ns", "-tagfocus=thread=worker", "run.1.pb.gz")
    rows = query("made.db", "SELECT self FROM thread_profile WHERE session_id = 1"
                            " AND comm = 'worker'")
    check("pprof: go tool pprof: a thread", rows and
          sum(flat for flat, _ in seen.values()) == float(rows[0]["self"]), text)
    go_pprof("-proto", "-output=again.pb.gz", "run.2.pb.gz")
    seen, text = go_top("-diff_base=run.2.pb.gz", "again.pb.gz")
    check("pprof: go tool pprof: written again, it is the same",
          not any(flat or cum for flat, cum in seen.values()) and "Total" in text, text)
    text, _ = go_pprof("-comments", "run.1.pb.gz")
    check("pprof: go tool pprof: comments", "label: base\n" in text and "host: box\n" in text, text)


# ---- callgrind ----

def annotate(path, inclusive, event):
    done = run("callgrind_annotate", f"--inclusive={inclusive}", "--auto=no", "--threshold=100",
               f"--show={event}", f"--sort={event}", path)
    text = done.stdout.decode(errors="replace")
    rows = {}
    for line in text.splitlines():
        match = re.fullmatch(r"\s*([\d,]+)\s+\(\s*[\d.]+%\)\s+(\S*?):(.+?) \[(.*)\]", line)
        if match:
            rows[match[3]] = int(match[1].replace(",", ""))
    total = re.search(r"([\d,]+)\s+\([\d.]+%\)\s+PROGRAM TOTALS", text)
    return rows, int(total[1].replace(",", "")) if total else None, done.stderr.decode()


def test_callgrind(db, session):
    path = pathlib.Path(f"run.callgrind.{session}")
    path.write_bytes(export(db, session, "callgrind"))
    for event in events(db, session):
        name = re.sub("[^A-Za-z0-9]", "_", event)
        wanted = {harmless(key): pair for key, pair in profile(db, session, event).items()}
        own, total, err = annotate(path, "no", name)
        check(f"callgrind {session}: self of {event}", not err and equal(
            {key: (value,) for key, value in own.items() if value},
            {key: (pair[0],) for key, pair in wanted.items() if pair[0]}), (own, wanted, err))
        totals, _, err = annotate(path, "yes", name)
        check(f"callgrind {session}: total of {event}", not err and equal(
            {key: (value,) for key, value in totals.items() if value},
            {key: (pair[1],) for key, pair in wanted.items()}), (totals, wanted, err))
        check(f"callgrind {session}: sum of {event}", total is not None and
              math.isclose(total, sum(pair[0] for pair in wanted.values()), abs_tol=10), total)


# ---- JSON ----

def test_chrome(db, session):
    data = export(db, session, "chrome")
    jq(f"chrome {session}: its shape, by jq", "chrome.jq", data)
    counters = collections.Counter()
    for event in json.loads(data)["traceEvents"]:
        if event["ph"] == "C":
            counters[event["name"]] += sum(event["args"].values())
    rows = query(db, f"SELECT event, value FROM event_summary WHERE session_id = {session}")
    check(f"chrome {session}: counters add up", all(
        math.isclose(counters[row["event"]], float(row["value"]), rel_tol=1e-9) for row in rows),
          (counters, rows))


def test_chrome_bars():
    trace = json.loads(export("made.db", 1, "chrome"))["traceEvents"]
    own = collections.Counter()
    for bar in (event for event in trace if event["ph"] == "X"):
        own[bar["name"]] += bar["args"]["self"]
    wanted = {name: pair[0] for name, pair in profile("made.db", 1, "cpu-clock").items() if pair[0]}
    seen = {name: value for name, value in own.items() if value}
    check("chrome: bars hold what functions cost", seen == wanted, (seen, wanted))
    names = {(event["pid"], event["tid"]): event["args"]["name"] for event in trace
             if event["name"] == "thread_name"}
    check("chrome: names of threads",
          names == {(4100, 4100): "solve", (4100, 4103): "worker", (4107, 4107): "gzip"}, names)
    slices = {round(bar["ts"] / 1e5 - 0.499) for bar in trace
              if bar["name"] == "parse" and bar["ph"] == "X"}
    check("chrome: a function in its slices", slices == {0, 1, 2}, slices)


def made_renamed(source, target):
    """A thread that had several names, in several processes, one after the other."""
    shutil.copy(source, target)
    db = sqlite3.connect(target)
    db.execute("UPDATE thread SET tid = 4100")
    db.execute("UPDATE process SET pid = 4100")
    db.commit()
    db.close()


def test_renamed():
    made_renamed("made.db", "renamed.db")
    data = export("renamed.db", 1, "chrome")
    jq("a renamed thread: shape of chrome", "chrome.jq", data)
    names = [event["args"]["name"] for event in json.loads(data)["traceEvents"]
             if event["ph"] == "M"]
    jq("a renamed thread: shape of firefox", "firefox.jq", export("renamed.db", 1, "firefox"))
    check("a renamed thread: all its names", names == ["solve / gzip", "solve / worker / gzip"],
          names)


# ---- Chromium's DevTools, whose engine opens traces ----

OPEN_TRACE = """
return (async text => {
	const {TraceModel} = await import('/devtools/models/trace/trace.js')
	const model = TraceModel.Model.createWithAllHandlers()
	await model.parse(JSON.parse(text).traceEvents, {metadata: {}, isFreshRecording: false})
	const {Meta, Renderer} = model.parsedTrace().data
	const bars = JSON.parse(text).traceEvents.filter(event => event.ph === 'X')
	const threads = []
	for (const [pid, process] of Renderer.processes) {
		for (const [tid, thread] of process.threads) {
			const self = {}, total = {}
			for (const entry of thread.entries) {
				const node = Renderer.entryToNode.get(entry)
				self[entry.name] = (self[entry.name] ?? 0) + node.selfTime
				let up = node.parent
				while (up && up.entry.name !== entry.name) {
					up = up.parent
				}
				total[entry.name] = (total[entry.name] ?? 0) + (up ? 0 : entry.dur)
			}
			threads.push({pid, tid, name: thread.name, self, total,
				process: Meta.processNames.get(pid)?.args.name})
		}
	}
	return {threads, begin: Meta.traceBounds.min - Math.min(...bars.map(bar => bar.ts))}
})(...arguments)"""


def test_chromium():
    try:
        with browser.Browser(".") as chromium:
            chromium.open_devtools()
            read_traces(chromium)
    except browser.Missing as missing:
        skip("chrome: Chromium's engine", str(missing))


def read_traces(chromium):
    seen = chromium.run(OPEN_TRACE, export("made.db", 1, "chrome").decode())
    check("chrome: Chromium's engine reads threads",
          {(row["process"], row["pid"], row["name"], row["tid"]) for row in seen["threads"]} ==
          {("solve", 4100, "solve", 4100), ("solve", 4100, "worker", 4103),
           ("gzip", 4107, "gzip", 4107)}, seen)
    check("chrome: Chromium's engine sees the first slice", seen["begin"] == 0, seen["begin"])
    sums = collections.defaultdict(lambda: [0, 0])
    for row in seen["threads"]:
        for name, own in row["self"].items():
            sums[name][0] += own * 1000
            sums[name][1] += row["total"][name] * 1000
    wanted = profile("made.db", 1, "cpu-clock")
    check("chrome: Chromium's engine: functions", equal(sums, wanted, 1e-4), differ(sums, wanted))
    seen = chromium.run(OPEN_TRACE, export("renamed.db", 1, "chrome").decode())
    check("chrome: Chromium's engine: a renamed thread",
          [row["name"] for row in seen["threads"]] == ["solve / worker / gzip"] and
          math.isclose(sum(seen["threads"][0]["self"].values()) * 1000, 785750000, rel_tol=1e-4),
          seen)


# ---- speedscope, which also reads what others have ----

def speedscope(path):
    done = run("node", E2E / "speedscope.mjs", "npm", path)
    if done.returncode:
        return None, done.stderr.decode()[-300:]
    return json.loads(done.stdout), done.stderr.decode()


def add_profiles(profiles):
    sums = collections.defaultdict(lambda: [0, 0])
    for row in profiles:
        for name, frame in row["frames"].items():
            sums[name][0] += frame["self"]
            sums[name][1] += frame["total"]
    return {name: tuple(pair) for name, pair in sums.items()}


def test_speedscope(db, session):
    path = f"run.{session}.speedscope.json"
    pathlib.Path(path).write_bytes(export(db, session, "speedscope"))
    profiles, err = speedscope(path)
    check(f"speedscope {session}: its importer reads it", profiles is not None, err)
    for event in events(db, session) if profiles else []:
        mine = [row for row in profiles if row["name"].startswith(event + ", ")]
        seen, wanted = add_profiles(mine), profile(db, session, event)
        check(f"speedscope {session}: functions of {event}", equal(seen, wanted),
              differ(seen, wanted))
        rows = query(db, f"SELECT tid FROM thread_profile WHERE session_id = {session}"
                         f" AND event = '{event}'")
        check(f"speedscope {session}: a profile for each thread of {event}",
              len(mine) == len(rows), len(mine))
        unit = "nanoseconds" if event == "cpu-clock" else "none"
        check(f"speedscope {session}: unit of {event}",
              {row["unit"] for row in mine} == {unit}, unit)


def bars_of_speedscope(profiles):
    """It takes the arguments of a bar for a part of its name, and shows microseconds."""
    sums = collections.defaultdict(lambda: [0, 0])
    for row in profiles:
        for stack, value in row["stacks"].items():
            names = [name.split(" {\"total\"")[0] for name in stack.split(";")]
            sums[names[-1]][0] += value * 1000
            for name in set(names):
                sums[name][1] += value * 1000
    return {name: tuple(pair) for name, pair in sums.items()}


def test_speedscope_others():
    wanted = profile("made.db", 1, "cpu-clock")
    plain = {harmless(name): pair for name, pair in wanted.items()}
    for form, name in (("callgrind", "run.callgrind"), ("folded", "run.folded"),
                       ("pprof", "run.pb.gz"), ("chrome", "run.trace.json")):
        if form == "pprof" and not has_pprof:
            continue
        pathlib.Path(name).write_bytes(export("made.db", 1, form))
        profiles, err = speedscope(name)
        check(f"speedscope reads {form}", bool(profiles), err)
        if not profiles:
            continue
        total = sum(row["total"] for row in profiles)
        if form == "callgrind":
            check("speedscope: functions of callgrind", equal(add_profiles(profiles), plain),
                  differ(add_profiles(profiles), plain))
        if form in ("folded", "pprof"):
            check(f"speedscope: sum of {form}", total == 785750000, total)
        if form == "chrome":
            check("speedscope: bars of chrome lie in one another as calls do", equal(
                bars_of_speedscope(profiles), wanted, 1e-4),
                  differ(bars_of_speedscope(profiles), wanted))
    profiles, err = speedscope("run.1.speedscope.json")
    stacks = collections.Counter()
    for row in profiles or []:
        stacks.update(row["stacks"])
    folded = {re.sub(r"_\[[kij]\]", "", line.rpartition(" ")[0]): int(line.rpartition(" ")[2])
              for line in export("made.db", 1, "folded").decode().splitlines()}
    seen = {harmless(name): value for name, value in stacks.items()}
    check("speedscope: stacks are those of folded", seen == folded, differ(seen, folded))


# ---- all formats ----

def made_bad(source, target):
    """Names that would break a file, a reader or a terminal."""
    shutil.copy(source, target)
    db = sqlite3.connect(target)
    for name, value in ((b"compute", b'a"b\\c\n\x1b[2J;fn=(1) x,\'</script>'),
                        (b"parse", b"\xff\xfe\xc3"), (b"walk", b"calls=1 2\r\n3 4"),
                        (b"square", b"")):
        db.execute("UPDATE function SET name = CAST(? AS TEXT) WHERE name = ?",
                   (value, name.decode()))
    db.execute("UPDATE thread SET comm = CAST(? AS TEXT)", (b'"\x1b]0;t\x07\xff\n',))
    db.execute("UPDATE session SET command = CAST(? AS TEXT)", (b'"\\\x1b[31m\xff\nevents: x',))
    db.execute("UPDATE file SET path = CAST(? AS TEXT) WHERE path LIKE '%solve.c'",
               (b"a\nfn=(9) b\xff",))
    db.commit()
    db.close()


HUGE = 2**54 + 1  # more than the numbers of JavaScript tell apart


def made_huge(source, target):
    shutil.copy(source, target)
    db = sqlite3.connect(target)
    db.execute(f"UPDATE cost SET value = {HUGE}")
    db.execute(f"UPDATE slice SET vals = '[' || replace(hex(zeroblob(500)), '00', '{HUGE},')"
               " || '1]', period = NULL")
    db.commit()
    db.close()


def test_bad_names():
    made_bad("made.db", "bad.db")
    control = re.compile(rb"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]")
    for form in FORMATS:
        if form == "pprof" and not has_pprof:
            continue
        data = export("bad.db", 1, form)
        if form in ("firefox", "speedscope", "chrome"):
            data.decode("utf-8")
            json.loads(data)
        if form == "pprof":
            decoded = decode_pprof(data)
            check("bad names: pprof holds no escapes",
                  not any(control.search(t.encode()) for t in decoded["string_table"]))
        elif form != "csv":
            check(f"bad names: {form} holds no escapes", not control.search(data))
        else:
            rows = list(csv.reader(io.StringIO(data.decode("utf-8", "replace"), newline="")))
            check("bad names: rows of csv are whole", len({len(row) for row in rows}) == 1)
    jq("bad names: shape of firefox", "firefox.jq", export("bad.db", 1, "firefox"))
    jq("bad names: shape of chrome", "chrome.jq", export("bad.db", 1, "chrome"))
    pathlib.Path("bad.callgrind").write_bytes(export("bad.db", 1, "callgrind"))
    own, total, err = annotate("bad.callgrind", "no", "cpu_clock")
    check("bad names: callgrind_annotate reads them", total == 785750000 and not err, (own, err))


def test_huge():
    made_huge("made.db", "huge.db")
    for form in FORMATS:
        if form == "pprof" and not has_pprof:
            continue
        data = export("huge.db", 1, form)
        if form in ("firefox", "chrome"):
            jq(f"huge values: shape of {form}", form + ".jq", data)
        elif form == "speedscope":
            json.loads(data)
        if form == "pprof":
            values = [sample["value"][1] for sample in decode_pprof(data)["sample"]]
            check("huge values: pprof has them", min(values) == HUGE, values)
        elif form in ("folded", "callgrind", "speedscope"):
            check(f"huge values: {form} has all digits", str(HUGE).encode() in data, data[-2000:])


def test_same():
    for form in FORMATS:
        if form == "pprof" and not has_pprof:
            continue
        check(f"{form}: two exports are equal",
              export("made.db", 2, form, "-e", "cycles") == export("made.db", 2, form, "-e",
                                                                   "cycles"))


def test_empty():
    for form in FORMATS:
        if form == "pprof" and not has_pprof:
            continue
        data = export("made.db", "short", form)
        if form in ("firefox", "speedscope", "chrome"):
            check(f"no samples: {form}", isinstance(json.loads(data), dict))
        elif form == "pprof":
            check("no samples: pprof", not decode_pprof(data)["sample"])
        elif form == "callgrind":
            check("no samples: callgrind", b"totals: 0\n" in data, data)
    jq("no samples: shape of firefox", "firefox.jq", export("made.db", "short", "firefox"))
    jq("no samples: shape of chrome", "chrome.jq", export("made.db", "short", "chrome"))


def test_csv():
    for view in [row["name"] for row in query("made.db", "SELECT name FROM sqlite_schema"
                                              " WHERE type = 'view'")]:
        rows = list(csv.reader(io.StringIO(export("made.db", 1, "csv", "--view", view).decode(
            "utf-8", "replace"), newline="")))
        where = " WHERE session_id = 1" if "session_id" in rows[0] else ""
        count = int(query("made.db", f"SELECT count(*) AS n FROM {view}{where}")[0]["n"])
        check(f"csv: rows of {view}", len(rows) == count + 1 and
              len({len(row) for row in rows}) == 1, len(rows))
    one_event = export("made.db", 2, "csv", "-e", "cycles").decode("utf-8", "replace")
    check("csv: an event", {row["event"] for row in csv.DictReader(io.StringIO(one_event))} ==
          {"cycles:u"}, one_event)


def fails(name, status, text, *options):
    done = run(PMC, "export", "-i", "made.db", *options)
    check(name, done.returncode == status and text in done.stderr.decode() and not done.stdout,
          f"{done.returncode} {done.stderr}")


def test_errors():
    fails("no such view", 2, "did you mean function_profile", "--format", "csv", "--view",
          "function_profil")
    fails("a view that is SQL", 2, "no view", "--format", "csv", "--view", "x\"; DROP TABLE y")
    fails("a view for another format", 2, "--view is for csv", "--format", "chrome", "--view",
          "health")
    fails("an event of a view without", 2, "has no events", "-s", "1", "--format", "csv",
          "--view", "health", "-e", "cpu-clock")
    fails("a root in a view", 2, "--root", "--format", "csv", "--root", "main")
    fails("threads first", 2, "--by thread is for folded", "--format", "callgrind", "--by",
          "thread")
    fails("an unknown event", 2, "no event 'bogus'", "-s", "1", "--format", "speedscope", "-e",
          "bogus")
    fails("an unknown function", 2, "nosuch", "-s", "1", "--format", "callgrind", "--root",
          "nosuch")
    fails("a folder that is not there", 1, "cannot write", "-s", "1", "--format", "firefox",
          "-o", "no/where.json")
    pathlib.Path("kept").write_text("as it was")
    fails("a root that is not there", 2, "nosuch", "-s", "1", "--format", "firefox", "--root",
          "nosuch", "-o", "kept")
    check("an error leaves the file as it was", pathlib.Path("kept").read_text() == "as it was")
    if run(PMC, "stat", "-q", "-o", "stat.db", "--", "true").returncode == 0:
        for form in FORMATS[1:-1]:
            done = run(PMC, "export", "-i", "stat.db", "--format", form)
            check(f"{form}: counts have no stacks",
                  done.returncode in (1, 2) and (b"holds counts" in done.stderr or
                                                 not has_pprof), done.stderr)


def test_terminal():
    done = run("script", "-qec", f"{PMC} export -i made.db -s 1 --format pprof", "/dev/null")
    check("pprof is not for a terminal",
          done.returncode == 2 and b"not for a terminal" in done.stdout, done.stdout[:200])
    done = run("script", "-qec", f"{PMC} export -i made.db -s 1 --format pprof -o tty.pb.gz",
               "/dev/null")
    check("but for a file", done.returncode == 0 and
          pathlib.Path("tty.pb.gz").read_bytes()[:2] == b"\x1f\x8b", done.stdout[:200])


def test_doctor():
    rows = json.loads(run(PMC, "doctor", "--format", "json").stdout)
    exports = [row for row in rows if row["name"] == "exports"]
    check("doctor tells of exports", len(exports) == 1 and
          (exports[0]["state"] == "ok") == has_pprof, exports)


subprocess.run([pathlib.Path(PMC).parent / "golden/sessions", "made.db"], check=True)
has_pprof = b"without pprof" not in run(PMC, "export", "-i", "made.db", "-s", "1", "--format",
                                        "pprof").stderr
if not has_pprof:
    skip("pprof", "this pmc was built without protobuf-c")
elif not shutil.which("protoc"):
    skip("pprof", "protoc is not installed")
    has_pprof = False
for number in (1, 2, 5):
    if has_pprof:
        test_pprof("made.db", number)
    test_chrome("made.db", number)
    if shutil.which("callgrind_annotate"):
        test_callgrind("made.db", number)
if has_pprof:
    test_pprof_inlined()
    test_go()
    test_terminal()
if not shutil.which("callgrind_annotate"):
    skip("callgrind", "callgrind_annotate is not installed")
test_chrome_bars()
test_renamed()
test_chromium()
test_bad_names()
test_huge()
test_same()
test_empty()
test_csv()
test_errors()
test_doctor()
missing = npm_install("speedscope@1.25.0")
if missing:
    skip("speedscope", missing)
else:
    for number in (1, 2, 5):
        test_speedscope("made.db", number)
    test_speedscope_others()
finish()
