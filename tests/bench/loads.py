"""Programs to be recorded: real ones, doing the same work every time.

A load is started held: a shell that waits for a line, so that recorders are attached to it before
it does anything; all it runs are its children, which recorders of a process follow.

    Load() ── pid ──► recorders attach ──► go() ── work ──► stop() or wait()
"""
import os
import pathlib
import shlex
import signal
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else "python3"
TEXT_BYTES = 12 << 20


def write_text(path):
    """Words as they might come in a log, pseudo-random: xz has something to find and to do."""
    words = [f"{a}{b}{c}" for a in ("re", "un", "in", "over", "pre") for b in ("cord", "count",
             "sample", "stack", "ring", "mark") for c in ("", "s", "ed", "ing", "er", "able")]
    seed, lines, size = 1, [], 0
    while size < TEXT_BYTES:
        line = []
        for _ in range(12):
            seed = (seed * 6364136223846793005 + 1442695040888963407) & (1 << 64) - 1
            line.append(words[(seed >> 33) ** 2 % 7919 % len(words)] if seed >> 63 else
                        str(seed >> 44))
        lines.append(" ".join(line))
        size += len(lines[-1]) + 1
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


class Loads:
    """Commands of the loads, and the files they need, below `folder`."""

    def __init__(self, folder):
        self.folder = folder
        self.text = folder / "text"
        if not self.text.exists() or self.text.stat().st_size < TEXT_BYTES:
            write_text(self.text)
        quote = shlex.quote
        sources = sorted((ROOT / "src" / "collector").glob("*.c"))
        compile_one = f"gcc -O2 -g -I{quote(str(ROOT / 'src'))} -D_GNU_SOURCE -w -o /dev/null -c "
        shares = quote(str(folder / "shares"))
        self.once = {
            "xz": f"xz -6 -T1 -c {quote(str(self.text))} >/dev/null",
            "python3": f"{PYTHON} {quote(str(HERE / 'load_python.py'))} 40",
            "sqlite3": f"sqlite3 :memory: <{quote(str(HERE / 'load_sqlite.sql'))} >/dev/null",
            "gcc": "; ".join(compile_one + quote(str(source)) for source in sources),
            # Short ones, of some seconds, for what is repeated often.
            "shares": f"{shares} -r 800",
            "python3 short": f"{PYTHON} {quote(str(HERE / 'load_python.py'))} 30",
            "gcc short": "; ".join(compile_one + quote(str(source)) for source in sources[:14]),
        }

    def loop(self, name):
        """The parts of a load such as "xz+python3", each over and over, side by side."""
        parts = [f"while :; do {self.once[part]}; done &" for part in name.split("+")]
        return " ".join(parts) + " wait"


class Load:
    def __init__(self, script):
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", f"read go; exec </dev/null; {script}"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, text=True)
        self.pid = self.process.pid

    def go(self):
        self.process.stdin.write("go\n")
        self.process.stdin.close()

    def wait(self):
        """To its end; what it printed."""
        text = self.process.stdout.read()
        self.process.wait()
        return text

    def stop(self):
        """Ends it with all its children: they are a process group of their own."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        self.process.stdout.close()
