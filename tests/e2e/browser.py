"""A headless Chromium, driven through its chromedriver on the loopback with Python's library alone.

    with Browser(folder) as browser:
        browser.open("picture.svg")
        browser.click("rect[data-frame='3']")

Browser() raises Missing where none can be had; its text says why."""
import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"     # the key that W3C WebDriver gives elements
KEYS = {"Enter": "\ue007", "Escape": "\ue00c", "Home": "\ue011", "Left": "\ue012", "Up": "\ue013",
        "Right": "\ue014", "Down": "\ue015", "Tab": "\ue004"}
PATIENCE = 60


class Missing(Exception):
    """There is no browser here, or it does not start."""


class Browser:
    def __init__(self, folder, width=1200, height=800):
        self.folder = pathlib.Path(folder).resolve()
        driver = shutil.which("chromedriver")
        chromium = shutil.which("chromium") or shutil.which("chromium-browser") or \
            shutil.which("google-chrome")
        if not driver or not chromium:
            raise Missing("chromium and chromedriver are not installed")
        self.session = None
        # Its profile, crash dumps and caches stay in the test's folder.
        env = dict(os.environ, HOME=str(self.folder), XDG_CONFIG_HOME=str(self.folder / "config"),
                   XDG_CACHE_HOME=str(self.folder / "cache"))
        self.log = open(self.folder / "chromedriver.log", "w+", encoding="utf-8")
        self.driver = subprocess.Popen([driver, "--port=0"], stdout=self.log, stderr=self.log,
                                       env=env)
        try:
            self.port = self._find_port()
            self._start(chromium, width, height)
        except Exception as error:
            self.close()
            raise Missing(f"chromium does not start: {error}") from error

    def _find_port(self):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.driver.poll() is None:
            with open(self.log.name, encoding="utf-8") as log:
                found = re.search(r"started successfully on port (\d+)", log.read())
            if found:
                return int(found.group(1))
            time.sleep(0.1)
        raise OSError("chromedriver does not listen")

    def _start(self, chromium, width, height):
        options = {
            "binary": chromium,
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--no-first-run", "about:blank", "--disable-background-networking",
                     "--disable-sync",
                     "--disable-component-update", "--hide-scrollbars",
                     "--force-device-scale-factor=1",
                     f"--window-size={width},{height}", f"--user-data-dir={self.folder}/profile"],
        }
        answer = self._call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": {"performance": "ALL", "browser": "ALL"}}}})
        self.session = answer["sessionId"]
        self.size(width, height)

    def _call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"Content-Type": "application/json"})
        value = json.loads(connection.getresponse().read())["value"]
        connection.close()
        if isinstance(value, dict) and "error" in value:
            raise OSError(f"{value['error']}: {value['message'].splitlines()[0]}")
        return value

    def _ask(self, method, path, body=None):
        return self._call(method, f"/session/{self.session}{path}", body)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Ends the browser, then its driver."""
        if self.session:
            try:
                self._ask("DELETE", "")
            except OSError:
                pass
        self.driver.terminate()
        try:
            self.driver.wait(10)
        except subprocess.TimeoutExpired:
            self.driver.kill()
            self.driver.wait()
        self.log.close()

    def cdp(self, command, parameters):
        """A command of the DevTools protocol."""
        return self._ask("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def size(self, width, height):
        """The window's inner size, in pixels."""
        self.cdp("Emulation.setDeviceMetricsOverride",
                 {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        self.run("return new Promise((done) => requestAnimationFrame("
                 "() => requestAnimationFrame(() => done(1))))")

    def open(self, path):
        """Loads a file; waits until its scripts have run."""
        self._ask("POST", "/url", {"url": pathlib.Path(path).resolve().as_uri()})

    def open_devtools(self):
        """Loads a page among the files of the DevTools that it brings: scripts can import those."""
        port = (self.folder / "profile/DevToolsActivePort").read_text().split()[0]
        self._ask("POST", "/url", {"url": f"http://127.0.0.1:{port}/devtools/Images/favicon.svg"})

    def run(self, script, *arguments):
        """What a function body returns."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def _element(self, selector):
        return self._ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]

    def _at(self, selector, *actions):
        pointer = {"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"},
                   "actions": [{"type": "pointerMove", "duration": 0, "x": 0, "y": 0, "origin":
                                {ELEMENT: self._element(selector)}}, *actions]}
        self._ask("POST", "/actions", {"actions": [pointer]})

    def hover(self, selector):
        """Moves the pointer to the middle of an element."""
        self._at(selector)

    def click(self, selector):
        """Clicks into the middle of an element, wherever that leads."""
        self._at(selector, {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0})

    def press(self, *keys):
        """Keys by name, or texts, typed at what has the focus."""
        actions = []
        for key in keys:
            for char in KEYS.get(key, key):
                actions += [{"type": "keyDown", "value": char}, {"type": "keyUp", "value": char}]
        self._ask("POST", "/actions", {"actions": [{"type": "key", "id": "keys",
                                                    "actions": actions}]})

    def dark(self, on):
        """Whether the reader prefers dark colours."""
        self.cdp("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if on else "light"}]})

    def picture(self, path):
        """What is to be seen, as PNG."""
        data = base64.b64decode(self._ask("GET", "/screenshot"))
        pathlib.Path(path).write_bytes(data)

    def requests(self):
        """Addresses that pages asked for since the last call. Pages of the browser itself do not
        count: its first tab may still be loading when another page is opened in its place."""
        urls = []
        for entry in self._ask("POST", "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] != "Network.requestWillBeSent":
                continue
            document = message["params"].get("documentURL", "")
            if not document.startswith(("chrome:", "chrome-untrusted:")):
                urls.append(message["params"]["request"]["url"])
        return urls

    def complaints(self):
        """What the console says since the last call: errors of scripts, what a policy refused."""
        return [entry["message"] for entry in self._ask("POST", "/se/log", {"type": "browser"})]
