"""What was measured: rows of figures, their verdicts, the table and the JSON file.

Job: keep and print. Not here: how anything is measured (rows.py)."""
import json
import math
import statistics

MET, MISSED, NONE = "met", "MISSED", "-"


def median(values):
    return statistics.median(values)


def interval(values):
    """Between which two values the true median lies, in 95 of 100 cases: by counting how often so
    many of n throws of a coin fall on one side, so nothing is assumed about how values stray."""
    values, below, rank = sorted(values), 0.0, 0
    while rank < len(values) // 2:
        below += math.comb(len(values), rank) / 2 ** len(values)
        if below > 0.025:
            break
        rank += 1
    rank = max(rank - 1, 0)
    return values[rank], values[-1 - rank]


def show(value, unit):
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if unit in ("count", "runs"):
        return f"{value:,.0f}"
    digits = 0 if abs(value) >= 1000 else 1 if abs(value) >= 100 else 2
    return f"{value:.{digits}f} {unit}"


class Figures:
    """Rows as dictionaries, in the order measured; each is printed as soon as it is there."""

    WIDTHS = (3, 50, 16, 12, 12, 9, 8)
    HEADS = ("row", "what", "target", "pmc", "perf", "pmc/perf", "verdict")

    def __init__(self, machine):
        self.machine = machine
        self.rows = []
        self.failures = []

    def head(self):
        print(" ".join(text.ljust(width) for text, width in zip(self.HEADS, self.WIDTHS)))
        print(" ".join("-" * width for width in self.WIDTHS), flush=True)

    def add(self, row, what, *, pmc, perf=None, unit, target="", good=None, n=1, note="",
            ratio=True, **more):
        """good: whether the target is reached; None: there is no target for this line.
        ratio: of pmc to perf; True: of the two figures; None: says nothing here."""
        if ratio is True:
            ratio = pmc / perf if perf else None
        verdict = NONE if good is None else MET if good else MISSED
        self.rows.append({"row": row, "what": what, "target": target, "unit": unit, "pmc": pmc,
                          "perf": perf, "ratio": ratio, "verdict": verdict, "n": n, "note": note,
                          **more})
        text = f"{what} (n={n})" if n > 1 else what
        cells = (str(row), text, target, show(pmc, unit), show(perf, unit),
                 "" if ratio is None else f"{ratio:.3f}" if ratio < 10 else f"{ratio:.0f}", verdict)
        print(" ".join(cell.ljust(width) for cell, width in zip(cells, self.WIDTHS)).rstrip())
        if note:
            print(" " * 4 + note)

    def fail(self, row, what, reason):
        self.failures.append({"row": row, "what": what, "reason": str(reason)})
        print(f"{row:<3} {what}: could not be measured: {reason}", flush=True)

    def finish(self, path):
        judged = [row for row in self.rows if row["verdict"] != NONE]
        missed = [row for row in judged if row["verdict"] == MISSED]
        print(f"\n{len(judged) - len(missed)} of {len(judged)} targets met"
              + (f", {len(missed)} missed" if missed else "")
              + (f", {len(self.failures)} not measured" if self.failures else ""))
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"machine": self.machine, "rows": self.rows, "failures": self.failures},
                      file, indent=1)
            file.write("\n")
        print(f"figures in {path}")
