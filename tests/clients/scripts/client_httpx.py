"""Gets a page with httpx over HTTP/2, and shows it."""

import ssl
import sys

import httpx

proxy, ca, url = sys.argv[1:]
with httpx.Client(http2=True, proxy=proxy, verify=ssl.create_default_context(cafile=ca), timeout=60) as client:
    answer = client.get(url)
    answer.raise_for_status()
    assert answer.http_version == "HTTP/2", answer.http_version
    sys.stdout.write(answer.text)
