"""What end-to-end tests in Python share: cases, running programs, rows of pmc sql."""
import csv
import io
import os
import shutil
import subprocess

PMC = os.environ["PMC"]
SEEN_MAX = 600
failures = 0


def check(name, good, seen=""):
    """A case, and what was seen instead."""
    global failures
    if good:
        print(f"ok {name}")
    else:
        print(f"fail {name}: saw {str(seen)[:SEEN_MAX]}")
        failures += 1


def skip(name, reason):
    print(f"skip {name}: {reason}")


def skip_all(reason):
    """The whole test cannot run here."""
    print(reason)
    raise SystemExit(77)


def finish():
    """At the end of a test: its exit status."""
    raise SystemExit(failures > 0)


def run(*command, data=None):
    return subprocess.run([str(part) for part in command], check=False, capture_output=True,
                          input=data)


def npm_install(package):
    """Into the folder npm, without running anything of it. None, or why that cannot be."""
    if not shutil.which("node") or not shutil.which("npm"):
        return "node and npm are not installed"
    done = run("timeout", "60", "npm", "install", "--prefix", "npm", "--no-audit", "--no-fund",
               "--ignore-scripts", "--cache", "npm-cache", package)
    if done.returncode:
        return f"npm cannot fetch {package}: " + (done.stderr.decode().split("\n") or [""])[0]
    return None


def query(db, sql):
    """Rows as dictionaries of texts."""
    text = run(PMC, "sql", "-i", db, "--format", "csv", sql).stdout.decode(errors="replace")
    return list(csv.DictReader(io.StringIO(text, newline="")))
