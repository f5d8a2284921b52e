"""Gets a page with urllib, and shows it."""

import ssl
import sys
import urllib.request

proxy, ca, url = sys.argv[1:]
opener = urllib.request.build_opener(
    urllib.request.ProxyHandler({"https": proxy}),
    urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=ca)),
)
with opener.open(url, timeout=60) as answer:
    assert answer.status == 200, answer.status
    sys.stdout.write(answer.read().decode())
