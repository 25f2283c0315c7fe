#!/usr/bin/env python3
"""The README names every package of tools/needs.txt, in the column of its package manager."""
import re
import sys

columns = {"apt": set(), "dnf": set(), "pacman": set()}
with open("tools/needs.txt", encoding="utf-8") as needs:
    for line in needs:
        if line.strip() and not line.startswith("#"):
            for manager, package in zip(columns, line.split()[2:]):
                columns[manager].add(package)

named = {"apt": set(), "dnf": set(), "pacman": set()}
with open("README.md", encoding="utf-8") as readme:
    for line in readme:
        if re.match(r"\| (to|names|history)\b", line):
            for manager, cell in zip(named, line.strip().strip("|").split("|")[1:]):
                named[manager].update(cell.split())

failed = False
for manager, packages in columns.items():
    for package in sorted(packages - named[manager]):
        print(f"README.md does not name {package} ({manager})")
        failed = True
sys.exit(failed)
