"""Chromium: `ask_chromium.py HOME PORT CHROMIUM FLAG...` asks for each line `case<TAB>host<TAB>port` and says what
came of it.

One browser without a screen is driven over its DevTools pipe, a few pages at a time. What
certificates point to is fetched from PORT.
"""

import itertools
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from ipaddress import ip_address
from queue import SimpleQueue

PAGES = 4


class Browser:
    """A Chromium, and commands to it by number."""

    def __init__(self, command, home):
        # It reads commands from descriptor 3 and answers on 4.
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        redirected = ["sh", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "sh", *command]
        environment = os.environ | {"HOME": home}
        self.process = subprocess.Popen(
            redirected,
            pass_fds=[theirs_in, theirs_out],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self.commands = os.fdopen(ours_out, "wb", buffering=0)
        self.messages = os.fdopen(ours_in, "rb")
        self.numbers = itertools.count(1)
        self.waiting = {}
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        rest = b""
        while more := self.messages.read1(1 << 16):
            *whole, rest = (rest + more).split(b"\0")
            for message in map(json.loads, whole):
                if answer := self.waiting.pop(message.get("id"), None):
                    answer.set_result(message)

    def ask(self, method, page=None, patience=60, **parameters):
        command = {"id": next(self.numbers), "method": method, "params": parameters}
        if page:
            command["sessionId"] = page
        answer = self.waiting[command["id"]] = Future()
        self.commands.write(json.dumps(command).encode() + b"\0")
        message = answer.result(patience)
        if "error" in message:
            raise OSError(message["error"]["message"])
        return message["result"]

    def page(self):
        """A page: its session, and its frame."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        return self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"], target


def is_address(host):
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def visit(browser, page, url):
    """By the loader of the developer's tools: a tab would wait for seconds before it shows an error."""
    session, frame = page
    options = {"disableCache": True, "includeCredentials": False}
    ask = {"frameId": frame, "url": url, "options": options}
    try:
        came = browser.ask("Network.loadNetworkResource", session, patience=3, **ask)["resource"]
    except TimeoutError:
        return "timed out"
    return f"HTTP/{came['httpStatusCode']}" if came["success"] else came["netErrorName"]


def main():
    home, documents, *command = sys.argv[1:]
    jobs = [line.rstrip("\n").split("\t") for line in sys.stdin]
    rules = [f"MAP {host}:443 127.0.0.1:{port}" for _, host, port in jobs if not is_address(host)]
    rules.append(f"MAP *:80 127.0.0.1:{documents}")
    browser = Browser([*command, "--remote-debugging-pipe", f"--host-resolver-rules={','.join(rules)}"], home)
    pages = SimpleQueue()
    for _ in range(PAGES):
        pages.put(browser.page())

    def answer(job):
        case, host, port = job
        url = f"https://{host}:{port}/" if is_address(host) else f"https://{host}/"
        page = pages.get()
        try:
            return f"{case}\t{visit(browser, page, url)}"
        finally:
            pages.put(page)

    with ThreadPoolExecutor(PAGES) as pool:
        for line in pool.map(answer, jobs):
            print(line, flush=True)
    browser.ask("Browser.close")
    browser.process.wait()


main()
