"""What tests of exports share: files of pmc export, and what the views have of the same session."""
import math
import os
import pathlib
import re

from cases import PMC, check, query, run

E2E = pathlib.Path(os.environ["E2E"])


def export(db, session, form, *options):
    done = run(PMC, "export", "-i", db, "-s", session, "--format", form, *options)
    if done.returncode:
        raise SystemExit(f"fail export {form}: {done.stderr.decode()}")
    return done.stdout


def profile(db, session, event):
    """Self and total of each function that the session has; functions of one name are one."""
    rows = query(db, "SELECT function, sum(self) AS self, sum(total) AS total, count(*) AS n"
                     f" FROM function_profile WHERE session_id = {session}"
                     f" AND event = '{event}' GROUP BY function")
    return {row["function"]: (float(row["self"]), float(row["total"])) for row in rows
            if row["n"] == "1" and float(row["total"])}


def events(db, session):
    rows = query(db, "SELECT event FROM event_summary WHERE mode <> 'count'"
                     f" AND session_id = {session}")
    return [row["event"] for row in rows]


def harmless(name):
    """As names stand in formats that hold no control characters."""
    return re.sub("[\x00-\x1f\x7f\x80-\x9f\ufffd]", "?", name)


def equal(seen, wanted, slack=1e-6):
    """The same functions, with the same numbers but for rounding."""
    return seen.keys() == wanted.keys() and all(
        math.isclose(a, b, rel_tol=slack, abs_tol=2)
        for name in wanted for a, b in zip(seen[name], wanted[name]))


def differ(seen, wanted):
    return [(name, seen.get(name), wanted.get(name)) for name in sorted(set(seen) | set(wanted))
            if seen.get(name) != wanted.get(name)]


def jq(name, shape, data):
    done = run("jq", "-c", "-f", E2E / shape, data=data)
    check(name, done.stdout.strip() == b"[]", done.stdout + done.stderr)
