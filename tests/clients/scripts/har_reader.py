"""Reads a HAR file with a library, and says what it finds."""

import json
import sys

from haralyzer import HarEntry, HarParser

with open(sys.argv[1], encoding="utf-8") as file:
    parser = HarParser(json.load(file))
for raw in parser.har_data["entries"]:
    entry = HarEntry(raw)
    assert entry.time >= 0 and entry.startTime, raw
    print(entry.request.method, entry.response.status)
