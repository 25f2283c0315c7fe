#!/usr/bin/env python3
"""The rooms of src/ and which way their doors open (docs/architecture.md).

- A folder includes base/, its own headers, and of others what DOORS allows: their public header.
- A library belongs to one folder. Printing, stderr and exit() belong to cli/.
- Every file begins with a comment that names it: its job, and what is not its job.
"""
import pathlib
import re
import sys

SRC = pathlib.Path("src")
DOORS = {
    "base": set(),
    "collector": set(),
    "symbolize": set(),
    "store": set(),
    "report": {"store/store.h"},
    "cli": {"collector/collector.h", "symbolize/symbolize.h", "store/store.h", "report/report.h"},
}
LIBRARIES = [
    (r"sqlite3\.h", "store"),
    (r"(gelf|libelf|dwarf|libiberty/.*|elfutils/.*)(\.h)?", "symbolize"),
    (r"perfmon/.*", "collector"),
    (r"linux/perf_event\.h", "collector"),
    (r"protobuf-c/.*|pprof\.pb-c\.h", "report"),
    (r"(histedit|editline/.*)(\.h)?", "cli"),
]
# base/mem.c ends the process when memory is out; mem.h tells why.
MAY_PRINT = {"src/base/mem.c"}
TALK = re.compile(r"(?<![\w.>])(exit|printf|puts|putchar|perror|vprintf)\s*\(|\b(stderr|stdout)\b")

findings = []


def strip(text):
    """The text without comments and strings; lines stay where they are."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, blank, text, flags=re.S)


def check_include(path, folder, number, name, quoted):
    where = f"{path}:{number}"
    if quoted:
        other = name.split("/")[0]
        if "/" not in name:
            findings.append(f"{where}: \"{name}\" must be named from src/: \"{folder}/{name}\"")
        elif other not in (folder, "base") and name not in DOORS[folder]:
            findings.append(f"{where}: {folder}/ may not include {name}")
        return
    for pattern, owner in LIBRARIES:
        if re.fullmatch(pattern, name) and folder != owner:
            findings.append(f"{where}: <{name}> belongs to {owner}/")


for path in sorted(SRC.rglob("*.[ch]")):
    folder = path.relative_to(SRC).parts[0]
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    if folder not in DOORS:
        findings.append(f"{path}: {folder}/ has no door in tests/lint/folders.py")
        continue
    if not text.startswith("/*\n") or not lines[1].startswith(f" * {path.name} - "):
        findings.append(f"{path}:1: begins with '/*', ' * {path.name} - its job'")
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)', line)
        if match:
            check_include(path, folder, number, match.group(1) or match.group(2), match.group(1))
    if folder != "cli" and str(path) not in MAY_PRINT:
        for number, line in enumerate(strip(text).split("\n"), 1):
            match = TALK.search(line)
            if match:
                findings.append(f"{path}:{number}: '{match.group(0).strip()}' belongs to cli/")

print("\n".join(findings))
sys.exit(bool(findings))
