#!/usr/bin/env python3
"""Lines of sources, scripts and tests: at most 100 columns (a tab goes to the next multiple of 8),
no blank at the end, a newline at the end of the file, no carriage returns."""
import pathlib
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
        for number, line in enumerate(text.split("\n"), 1):
            columns = len(line.expandtabs(8))
            if columns > LIMIT:
                findings.append(f"{number}: {columns} columns, {LIMIT} are allowed")
            if line != line.rstrip():
                findings.append(f"{number}: blank at the end of the line")
        if text and not text.endswith("\n"):
            findings.append("last line: no newline at the end")
        for finding in findings:
            print(f"{path}:{finding}")
            failed = True
sys.exit(failed)
