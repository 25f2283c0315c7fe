#!/usr/bin/env python3
"""Lines of sources, scripts and tests: at most 100 columns (a tab goes to the next multiple of 8),
no blank at the end, a newline at the end of the file, no carriage returns.

With --fix, clang-format breaks the lines of C that are too long, and leaves all others alone."""
import pathlib
import subprocess
import sys

LIMIT = 100
SUFFIXES = {".c", ".h", ".cpp", ".sh", ".py"}

failed = False
for folder in ("src", "tests", "tools"):
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.suffix not in SUFFIXES or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        findings = []
        too_long = []
        for number, line in enumerate(text.split("\n"), 1):
            columns = len(line.expandtabs(8))
            if columns > LIMIT:
                too_long.append(number)
                findings.append(f"{number}: {columns} columns, {LIMIT} are allowed")
            if line != line.rstrip():
                findings.append(f"{number}: blank at the end of the line")
        if text and not text.endswith("\n"):
            findings.append("last line: no newline at the end")
        if too_long and "--fix" in sys.argv and path.suffix in {".c", ".h", ".cpp"}:
            lines = [f"--lines={number}:{number}" for number in too_long]
            subprocess.run(["clang-format", "-i", *lines, path], check=True)
        for finding in findings:
            print(f"{path}:{finding}")
            failed = True
sys.exit(failed)
