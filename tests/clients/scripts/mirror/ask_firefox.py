"""Firefox: `ask_firefox.py PROFILE FIREFOX FLAG...` asks for each line `case<TAB>host<TAB>port` and says what came
of it.

One browser without a screen is driven over Marionette's socket. Its own network code opens each URL, as a tab would,
and tells the name of its error.
"""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

# Runs in the browser: opens every URL and gives what came of each.
ASK = """
const [urls, patience, done] = arguments;
const { NetUtil } = ChromeUtils.importESModule("resource://gre/modules/NetUtil.sys.mjs");
const { setTimeout, clearTimeout } = ChromeUtils.importESModule("resource://gre/modules/Timer.sys.mjs");

const open = url => new Promise(resolve => {
  const channel = NetUtil.newChannel({ uri: url, loadUsingSystemPrincipal: true });
  channel.QueryInterface(Ci.nsIHttpChannel);
  channel.loadFlags |= Ci.nsIRequest.LOAD_BYPASS_CACHE | Ci.nsIChannel.LOAD_INITIAL_DOCUMENT_URI;
  const timer = setTimeout(() => channel.cancel(Cr.NS_ERROR_NET_TIMEOUT), patience);
  channel.asyncOpen({
    onStartRequest() {},
    onDataAvailable(request, stream, offset, count) {
      NetUtil.readInputStreamToString(stream, count);
    },
    onStopRequest(request, status) {
      clearTimeout(timer);
      if (Components.isSuccessCode(status)) {
        resolve(`HTTP/${channel.responseStatus}`);
      } else {
        resolve(channel.securityInfo?.errorCodeString || ChromeUtils.getXPCOMErrorName(status));
      }
    },
  });
});

(async () => {
  const answers = [];
  // One after the other: the issuers of a certificate are looked for among all that are in use at the time.
  for (const url of urls) {
    answers.push(await open(url).catch(error => `${error}`));
  }
  done(answers);
})();
"""


class Marionette:
    """Its socket: a length, a colon and JSON, either way."""

    def __init__(self, port):
        self.stream = socket.create_connection(("127.0.0.1", port), 120)
        self.receive()

    def receive(self):
        length = b""
        while not length.endswith(b":"):
            byte = self.stream.recv(1)
            if not byte:
                raise EOFError
            length += byte
        message = b""
        while len(message) < int(length[:-1]):
            message += self.stream.recv(1 << 16)
        return json.loads(message)

    def ask(self, method, **parameters):
        text = json.dumps([0, 1, method, parameters]).encode()
        self.stream.sendall(b"%d:%s" % (len(text), text))
        _, _, error, result = self.receive()
        if error:
            raise OSError(error)
        return result


def connected(profile):
    """A connection to the browser, whose port stands in its profile once it listens."""
    told = Path(profile, "MarionetteActivePort")
    for _ in range(1200):
        if told.is_file() and (port := told.read_text().strip()):
            return Marionette(int(port))
        time.sleep(0.05)
    raise TimeoutError("Firefox does not listen")


def main():
    profile, *command = sys.argv[1:]
    jobs = [line.rstrip("\n").split("\t") for line in sys.stdin]
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    marionette = connected(profile)
    marionette.ask("WebDriver:NewSession")
    marionette.ask("Marionette:SetContext", value="chrome")
    marionette.ask("WebDriver:SetTimeouts", script=110_000)
    urls = [f"https://{host}:{port}/" for _, host, port in jobs]
    answers = marionette.ask("WebDriver:ExecuteAsyncScript", script=ASK, args=[urls, 3000])["value"]
    for (case, _, _), said in zip(jobs, answers):
        print(f"{case}\t{said}", flush=True)
    marionette.ask("Marionette:Quit", flags=["eForceQuit"])
    browser.wait()


main()
