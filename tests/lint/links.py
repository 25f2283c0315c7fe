#!/usr/bin/env python3
"""Links between the documents lead to files that are there."""
import pathlib
import re
import sys

failed = False
for path in sorted([*pathlib.Path(".").glob("*.md"), *pathlib.Path("docs").rglob("*.md")]):
    for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
            print(f"{path}: no such file: {target}")
            failed = True
sys.exit(failed)
