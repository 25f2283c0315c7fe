#!/usr/bin/env python3
"""The SQL shell of `pmc sql`, typed at through a pseudo-terminal: statements, commands, history,
completion, Ctrl-C."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

import cases
from cases import PMC

PATIENCE = 20
WITH_EDITING = subprocess.run(["grep", "-q", "libedit", PMC], check=False).returncode == 0


def check(name, good, seen=b""):
    """The end of what was seen tells most."""
    cases.check(name, good, repr(seen[-400:]))


class Shell:
    """A pmc sql on a terminal of its own. say() types and waits for what must come."""

    def __init__(self, columns=100):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm", NO_COLOR="1", LC_ALL="C.UTF-8", HOME=os.getcwd())
            os.environ.pop("XDG_STATE_HOME", None)
            os.execv(PMC, [PMC, "sql", "-i", "shell.db"])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def wait(self, pattern):
        seen, end = b"", time.monotonic() + PATIENCE
        while not re.search(pattern, seen) and time.monotonic() < end:
            if not select.select([self.fd], [], [], 0.2)[0]:
                continue
            try:
                data = os.read(self.fd, 65536)
            except OSError:
                break
            if not data:
                break
            seen += data
        return re.search(pattern, seen) is not None, seen

    def take_over(self):
        # libedit prints the prompt a moment before it takes the terminal over.
        end = time.monotonic() + PATIENCE
        while termios.tcgetattr(self.fd)[3] & termios.ICANON and time.monotonic() < end:
            time.sleep(0.01)

    def say(self, name, typed, pattern, at_prompt=True):
        if at_prompt and WITH_EDITING:
            self.take_over()
        os.write(self.fd, typed)
        check(name, *self.wait(pattern))

    def ends(self, name):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                check(name, status == 0, str(status).encode())
                os.close(self.fd)
                return
            time.sleep(0.05)
        check(name, False, b"still running")


PROMPT = rb"pmc> $"

subprocess.run([os.path.join(os.path.dirname(PMC), "golden", "sessions"), "shell.db"], check=True)

shell = Shell()
check("greets", *shell.wait(PROMPT))
shell.say("a statement", b"SELECT 6 * 7 AS answer;\n", rb"answer\r\n-+\r\n +42\r\n" + PROMPT)
shell.say("waits for the end of a statement", b"SELECT 1 AS a, -- not here: ;\n", rb" \.\.\.> $")
shell.say("not inside quotes", b"';' AS b\n", rb" \.\.\.> $")
shell.say("until it comes", b";\n", rb"a  b\r\n-  -\r\n1  ;\r\n" + PROMPT)
shell.say(".tables", b".tables\n", rb"function_profile +view\r\n(.|\n)*" + PROMPT)
shell.say(".schema", b".schema health\n", rb"CREATE VIEW health(.|\n)*;\r\n" + PROMPT)
shell.say(".schema of nothing", b".schema helth\n", rb"no table or view 'helth'(.|\n)*" + PROMPT)
shell.say("an unknown command", b".tabels\n", rb"did you mean \.tables(.|\n)*" + PROMPT)
shell.say(".help", b".help\n", rb"\.quit +leave(.|\n)*" + PROMPT)
shell.say("an error", b"SELECT fuction FROM function_profile;\n",
          rb"hint: did you mean function(.|\n)*" + PROMPT)
shell.say("a refusal", b"DELETE FROM session;\n", rb"hint: (.|\n)*" + PROMPT)
shell.say(".mode json", b".mode json\n", PROMPT)
shell.say("JSON", b"SELECT 1 AS a;\n", rb"\[\r\n  \{\"a\": 1\}\r\n\]\r\n" + PROMPT)
shell.say(".mode csv", b".mode csv\n", PROMPT)
shell.say("CSV", b"SELECT 1 AS a, 2 AS b;\n", rb"a,b\r+\n1,2\r+\n" + PROMPT)
shell.say(".mode alone says what it is", b".mode\n", rb"the mode is csv(.|\n)*" + PROMPT)
shell.say(".mode table", b".mode table\n", PROMPT)
shell.say("names that are not ASCII", "SELECT 'größe' AS ö;\n".encode(),
          "ö\r\n-+\r\ngröße\r\n".encode() + PROMPT)

os.write(shell.fd, b"SELECT half")
time.sleep(0.3)
shell.say("Ctrl-C forgets what was typed", b"\x03", rb"\^C\r\n" + PROMPT)
shell.say("and the next statement stands alone", b"SELECT 3 AS c;\n", rb"c\r\n-\r\n3\r\n" + PROMPT)
os.write(shell.fd, b"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) "
         b"SELECT count(*) FROM n;\n")
shell.wait(rb"FROM n;\r*\n")
time.sleep(0.5)
shell.say("Ctrl-C ends a query, not the shell", b"\x03", rb"interrupted(.|\n)*" + PROMPT,
          at_prompt=False)

if WITH_EDITING:
    shell.say("tab completes a view", b"SELECT count(*) AS n FROM session_summ\t;\n",
              rb"n\r\n-\r\n5\r\n" + PROMPT)
    shell.say("tab completes a column behind a dot",
              b"SELECT p.self_sh\t FROM module_profile p WHERE 0;\n",
              rb"self_share\r\n-+\r\n" + PROMPT)
    shell.say("two tabs list", b"SELECT * FROM thread\t\t", rb"thread_id +thread_profile")
    shell.say("Ctrl-C after a list", b"\x03", PROMPT)
shell.say(".quit", b".quit\n", rb"\.quit")
shell.ends("leaves")

if WITH_EDITING:
    path = ".local/state/pmc/sql_history"
    check("history is kept", os.path.exists(path))
    check("history is private", os.stat(path).st_mode & 0o77 == 0)
    shell = Shell(columns=40)
    check("starts again", *shell.wait(PROMPT))
    shell.say("history comes back", b"\x1b[A\x1b[A\n",
              rb"(.|\n)*(self_share\r\n-+\r\n)" + PROMPT)
    shell.say("cells are cut to the window",
              b"SELECT 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz' AS w;\n",
              "\nabc[a-z]*…[a-z]*xyz\r\n".encode() + PROMPT)
    shell.say("Ctrl-D", b"\x04", rb"\n")
    shell.ends("leaves at the end of input")
else:
    cases.skip("history and completion", "built without libedit")
cases.finish()
