#!/usr/bin/env python3
"""Flame graphs, in a browser: what is drawn, clicks, keys, search, light and dark; that nothing
leaves the page, and that no name of a recorded program does anything.

Pictures of it stay in the build folder, below pictures/."""
import json
import os
import pathlib
import re
import shutil
import sqlite3
import subprocess
import time
import xml.etree.ElementTree as ElementTree

import browser as chromium
from cases import PMC, check, finish, skip

PICTURES = pathlib.Path(PMC).parent / "pictures"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "<script>window.hacked = 1</script>",
    "]]></style></metadata><script>window.hacked = 2</script>",
    "\"><img src=x onerror=\"window.hacked = 3\">",
    "' onload='window.hacked = 4",
    "\u001b]0;title\u0007\u001b[2Ja;b\nc\u202e",
    "javascript:window.hacked=5",
]


def pmc(*arguments):
    return subprocess.run([PMC, *arguments], check=True, capture_output=True).stdout.decode()


def fails(name, status, text, *arguments):
    done = subprocess.run([PMC, *arguments], check=False, capture_output=True)
    check(name, done.returncode == status and text in done.stderr.decode(),
          f"{done.returncode} {done.stderr}")


# ---- what needs no browser ----

def stacks(*arguments):
    """Folded stacks as a list of (frames, value): the same data by another way."""
    lines = pmc("export", "-i", "flame.db", "-s", "1", "--format", "folded", *arguments)
    return [(line.rpartition(" ")[0].split(";"), int(line.rpartition(" ")[2]))
            for line in lines.splitlines()]


def matched(needle, found=None):
    """Share of the stacks that have the text in a function's name."""
    found = found or stacks()
    return sum(value for frames, value in found if any(needle in f for f in frames)) / \
        sum(value for _, value in found)


def stills():
    """Without scripts the whole graph is there."""
    svg = ElementTree.parse("flame.svg").getroot()
    still = next(g for g in svg.iter(SVG + "g") if g.get("id") == "still")
    widths = {}
    for frame in still:
        title = frame.find(SVG + "title").text
        widths.setdefault(title.split(" ")[0].split("\n")[0], []).append(
            float(frame.find(SVG + "rect").get("width")))
    all_width = widths["all"][0]
    check("still: has all", all_width > 1000, widths)
    for name in ("main", "compute", "parse", "square"):
        share = max(widths.get(name, [0])) / all_width
        check(f"still: {name} is as wide as its share", abs(share - matched(name)) < 0.005,
              f"{share} for {matched(name)}")
    check("still: no address but that of the language",
          set(re.findall(r"https?://[\w./]+",
                                       pathlib.Path("flame.svg").read_text(encoding="utf-8"))) <=
          {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"})


def files():
    """Names of files, standard output, errors."""
    check("the file is named by default", pathlib.Path("flame.svg").exists() and
          not pmc("flame", "-i", "flame.db") and pathlib.Path("pmc-flame.svg").exists())
    once = pmc("flame", "-i", "flame.db", "-s", "1", "-o", "-")
    check("the same session gives the same file", once == pmc("flame", "-i", "flame.db", "-s", "1",
                                                              "-o", "-"))
    check("- is standard output", once == pathlib.Path("flame.svg").read_text(encoding="utf-8"))
    fails("an unknown event", 2, "no event 'bogus'", "flame", "-i", "flame.db", "-e", "bogus")
    fails("no such session", 1, "no session 'nosuch'", "flame", "-i", "flame.db", "-s", "nosuch")
    fails("an operand", 2, "takes no operand", "flame", "flame.db")
    fails("a window without time", 2, "holds no time", "flame", "-i", "flame.db", "--from", "2",
          "--to", "1")
    fails("a folder that is not there", 1, "cannot write", "flame", "-i", "flame.db", "-o",
          "none/flame.svg")
    fails("a function that is not there", 2, "nosuchfunction", "flame", "-i", "flame.db", "-s",
          "1", "--root", "nosuchfunction", "-o", "never.svg")
    check("an error leaves no file", not list(pathlib.Path(".").glob("*never*")) and
          not list(pathlib.Path(".").glob(".*")))


# ---- in the browser ----

SHOWN = """
const data = JSON.parse(document.getElementById("pmc-flame-data").textContent);
const shown = {};
for (const box of document.querySelectorAll("rect[data-frame]")) {
    const f = data.functions[data.frames.function[Number(box.dataset.frame)]];
    shown[box.dataset.frame] = { name: data.names[f[0]], width: Number(box.getAttribute("width")),
        fill: getComputedStyle(box).fill, found: box.classList.contains("found"),
        y: Number(box.getAttribute("y")) };
}
return shown;
"""


class Page:
    """A flame graph that is open in the browser."""

    def __init__(self, browser, path):
        self.browser = browser
        self.title = path
        browser.open(path)

    def shown(self):
        return self.browser.run(SHOWN)

    def widths(self):
        """Width of the widest frame of each name that is drawn."""
        found = {}
        for frame in self.shown().values():
            found[frame["name"]] = max(found.get(frame["name"], 0), frame["width"])
        return found

    def frame(self, name):
        frames = self.shown()
        return max((i for i in frames if frames[i]["name"] == name),
                   key=lambda i: frames[i]["width"])

    def at(self, name):
        return f"rect[data-frame='{self.frame(name)}']"

    def text(self, selector):
        return self.browser.run("return document.querySelector(arguments[0]).textContent", selector)

    def tip(self):
        return self.browser.run("""
            const tip = document.getElementById("tip");
            return tip.getAttribute("visibility") === "hidden" ? "" :
                Array.from(tip.querySelectorAll("text"), (t) => t.textContent).join("\\n");""")

    def ring(self):
        """The name of the frame that has the focus ring."""
        return self.tip().split("\n", maxsplit=1)[0] if self.browser.run("""
            return document.getElementById("ring").getAttribute("visibility")""") == "visible" \
            else None

    def check(self, name, good, seen=""):
        check(f"{self.title}: {name}", good, seen)


def drawn(page):
    widths = page.widths()
    whole = widths["all"]
    page.check("fills the window", whole > 1150, whole)
    page.check("frames are as wide as their shares", all(
        abs(widths[name] / whole - matched(name)) < 0.005 for name in ("main", "compute", "parse")),
        widths)
    fills = {frame["name"]: frame["fill"] for frame in page.shown().values()}
    page.check("the kernel and the program differ in colour",
               fills["do_syscall_64"] != fills["main"], fills)
    page.check("so does what is inlined", fills["square"] != fills["compute"], fills)
    page.check("the head tells command, event and total",
               "./solve --size 100" in page.text("#head .title") and
               "cpu-clock: 786 ms in 3143 samples" in page.text("#head .line"),
               page.text("#head"))


def pointer(page):
    page.browser.hover(page.at("compute"))
    tip = page.tip()
    share = f"{matched('compute') * 100:.2f} %"
    page.check("the pointer shows name, module, share, value and samples",
               tip.startswith("compute\n") and "solve" in tip and share in tip and " ms" in tip and
               "samples" in tip, tip)
    page.check("and what it has for itself", "self 0" in tip, tip)

    before = page.widths()
    page.browser.click(page.at("compute"))
    after = page.widths()
    page.check("a click zooms", after["compute"] > before["compute"] * 1.2 and
               abs(after["compute"] - before["all"]) < 2, (before, after))
    within = matched("square") / matched("compute")
    page.check("what is above grows with it", abs(after["square"] / after["compute"] - within) <
               0.005, after)
    page.check("what stands elsewhere is gone", "parse" not in after, after)
    page.check("callers stay, as wide as all", abs(after["main"] - after["all"]) < 2, after)
    page.browser.click("#reset")
    page.check("reset shows all again", page.widths() == before, page.widths())
    page.browser.click(page.at("walk"))
    page.browser.click(page.at("all"))
    page.check("so does a click on all", page.widths() == before, page.widths())


def search(page):
    page.browser.press("/", "WALK")
    want = f"matched {matched('walk') * 100:.2f} %"
    page.check("search tells the matched share, case aside, each value once",
               page.text("#status").startswith(want), f"{page.text('#status')} for {want}")
    found = {frame["name"] for frame in page.shown().values() if frame["found"]}
    page.check("and marks what matches", found == {"walk"}, found)
    page.browser.press("Enter")
    page.check("Enter goes to the first", page.ring() == "walk", page.ring())
    page.browser.click(page.at("compute"))
    within = f"matched {matched('walk') / matched('compute') * 100:.2f} % of this"
    page.check("zoomed, the share is that of what is seen", page.text("#status").startswith(within),
               page.text("#status"))
    page.browser.press("Escape", "Escape")
    page.check("Escape ends zoom, then search", page.text("#status") == "" and
               not any(frame["found"] for frame in page.shown().values()), page.text("#status"))
    page.browser.press("/", "no such name")
    page.check("nothing matches", page.text("#status") == "nothing matches", page.text("#status"))
    page.browser.press("Escape")
    page.browser.press("/", "all")
    page.check("all is no function's name", page.text("#status").startswith(
        f"matched {matched('call') * 100:.2f} %"), page.text("#status"))
    page.browser.press("Escape")


def keys(page):
    page.browser.open(page.title)
    page.browser.press("Tab")
    visible = page.browser.run(
        "return document.getElementById('ring').getAttribute('visibility')")
    page.check("the tab key gets to the graph, and that is seen", visible == "visible", visible)
    up, down = ("Down", "Up") if "icicle" in page.title else ("Up", "Down")
    page.browser.press("Home")
    page.check("Home is the root", page.ring() == "all", page.ring())
    page.browser.press(up)
    page.check("an arrow goes to the widest callee", page.ring() == "main", page.ring())
    page.browser.press("Right")
    beside = page.ring()
    page.check("another to what stands beside it", beside not in ("main", "all", None), beside)
    page.browser.press("Left")
    page.check("and back", page.ring() == "main", page.ring())
    page.browser.press(up, "Enter")
    page.check("Enter zooms", abs(page.widths()["compute"] - page.widths()["all"]) < 2,
               page.widths())
    page.browser.press(down)
    page.check("and back down to the caller", page.ring() == "main", page.ring())
    page.browser.press("Escape")
    page.check("Escape resets", "parse" in page.widths(), page.widths())
    page.browser.press("Left", "Left", "Left", down, down, down)
    page.check("no way leads out of the graph", page.ring() == "all", page.ring())


def looks(page, name):
    grounds = []
    for dark in (False, True):
        page.browser.dark(dark)
        grounds.append(page.browser.run(
            "return getComputedStyle(document.getElementById('ground')).fill"))
        page.browser.hover(page.at("square"))
        page.browser.picture(PICTURES / f"{name}-{'dark' if dark else 'light'}.png")
    page.browser.dark(False)
    page.check("light and dark differ", grounds[0] != grounds[1], grounds)


def sizes(page):
    """Windows of other sizes."""
    for width in (320, 2500, 1200):
        page.browser.size(width, 700)
        shown = page.widths()["all"]
        page.check(f"fits {width} pixels", width - 45 < shown < width, shown)
        wide = page.browser.run("return document.documentElement.scrollWidth")
        page.check(f"does not stick out of {width} pixels", wide <= width, wide)


def alone(page, name):
    """Nothing but the file itself was asked for, and nobody complained."""
    asked = page.browser.requests()
    page.check("nothing leaves the page", all(url.startswith("file:") and url.endswith(name)
                                              for url in asked) and asked, asked)
    complaints = page.browser.complaints()
    page.check("no complaint of scripts or policies", not complaints, complaints)


def hostile(browser):
    """Functions, modules and commands with names as bad as they can be."""
    shutil.copy("flame.db", "hostile.db")
    database = sqlite3.connect("hostile.db")
    names = ["main", "compute", "parse", "square", "walk", "memcpy"]
    for plain, bad in zip(names, HOSTILE):
        database.execute("UPDATE function SET name = ? WHERE name = ?", (bad, plain))
    database.execute("UPDATE module SET name = ?", (HOSTILE[1],))
    database.execute("UPDATE session SET command = ?", ("; ".join(HOSTILE),))
    database.execute("UPDATE thread SET comm = ?", (HOSTILE[0],))
    database.commit()
    database.close()
    for name in ("hostile.svg", "hostile.html"):
        pmc("flame", "-i", "hostile.db", "-s", "1", "-o", name, "--by", "thread")
        browser.requests()
        page = Page(browser, name)
        text = pathlib.Path(name).read_bytes()
        page.check("no control character", not any(c < 32 and c not in (9, 10) for c in text))
        shown = set(page.widths())
        page.check("names are shown as they are", HOSTILE[0] in shown and HOSTILE[2] in shown,
                   shown)
        page.browser.hover(page.at(HOSTILE[0]))
        page.browser.press("/", "<img")
        page.browser.click(page.at(HOSTILE[2]))
        time.sleep(0.2)
        page.check("no name runs", browser.run("return window.hacked === undefined") and
                   browser.run("return document.scripts.length + document.querySelectorAll("
                               "'svg script').length") <= 2)
        page.check("no name becomes an element", browser.run(
            "return document.querySelectorAll('img, a, iframe, [onload], [onerror]').length") == 0)
        alone(page, name)


def as_image(browser):
    """Where no script runs, as in an image of another page."""
    pathlib.Path("image.html").write_text('<img src="flame.svg" alt="">', encoding="utf-8")
    browser.open("image.html")
    size = browser.run("return [document.images[0].naturalWidth, document.images[0].complete]")
    check("flame.svg: is an image", size == [1200, True], size)
    browser.picture(PICTURES / "image.png")


def deep(browser):
    """A thousand calls of calls: the rows of the window are drawn, and the keys scroll."""
    text = pathlib.Path("flame.svg").read_text(encoding="utf-8")
    start = text.index("{", text.index('<metadata id="pmc-flame-data">'))
    end = text.index("</metadata>")
    data = json.loads(text[start:end])
    depth = 2000
    data["rows"] = depth
    one = data["frames"]["function"][1]
    data["frames"] = {"depth": list(range(depth)), "function": [0] + [one] * (depth - 1),
                      "inlined": [0] * depth, "total": [100] * depth,
                      "self": [0] * (depth - 1) + [100], "samples": [1] * depth}
    pathlib.Path("deep.svg").write_text(text[:start] + json.dumps(data).replace("<", "\\u003c")
                                        .replace("&", "\\u0026") + text[end:], encoding="utf-8")
    page = Page(browser, "deep.svg")
    page.check("begins where the root is", "all" in page.widths(), page.widths())
    page.check("draws no more than can be seen", len(page.shown()) < 100, len(page.shown()))
    browser.press("Home", *["Up"] * 100)
    browser.run("return new Promise((done) => requestAnimationFrame(() => done(1)))")
    page.check("keys scroll", "all" not in page.widths() and page.ring() is not None, page.ring())


def in_browser(browser):
    for name in ("flame.svg", "flame.html", "icicle.svg"):
        browser.requests()
        page = Page(browser, name)
        drawn(page)
        pointer(page)
        search(page)
        keys(page)
        looks(page, name.replace(".", "-"))
        sizes(page)
        alone(page, name)
    pmc("flame", "-i", "flame.db", "-s", "short", "-o", "empty.svg")
    page = Page(browser, "empty.svg")
    page.check("a session without samples says so", "no samples" in page.text("#head"),
               page.text("#head"))
    browser.press("/", "x", "Enter", "Escape", "Home", "Up", "Right", "Enter", "Escape")
    page.check("and its keys do no harm", not browser.complaints())
    as_image(browser)
    hostile(browser)
    deep(browser)


subprocess.run([os.path.join(os.path.dirname(PMC), "golden", "sessions"), "flame.db"], check=True)
pmc("flame", "-i", "flame.db", "-s", "1", "-o", "flame.svg")
pmc("flame", "-i", "flame.db", "-s", "1", "-o", "flame.html")
pmc("flame", "-i", "flame.db", "-s", "1", "-o", "icicle.svg", "--icicle")
stills()
files()
PICTURES.mkdir(exist_ok=True)
try:
    with chromium.Browser(".") as started:
        in_browser(started)
except chromium.Missing as missing:
    skip("in a browser", missing)
finish()
