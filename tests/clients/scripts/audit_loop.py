"""Gets a page over and over, each time on a connection of its own, until its proxy is gone.

proxy, roots, URL, and how it verifies: right, any-name (the chain alone), anything.
"""

import ssl
import sys
import urllib.error
import urllib.request

proxy, roots, url, way = sys.argv[1:]
context = ssl.create_default_context(cafile=roots)
if way in ("any-name", "anything"):
    context.check_hostname = False
if way == "anything":
    context.verify_mode = ssl.CERT_NONE
handlers = [urllib.request.ProxyHandler({"https": proxy}), urllib.request.HTTPSHandler(context=context)]
opener = urllib.request.build_opener(*handlers)
opener.addheaders = [("Authorization", "Bearer secret-of-the-app")]

for _ in range(600):
    try:
        opener.open(url, timeout=10).read()
    except urllib.error.URLError as error:
        if isinstance(error.reason, ConnectionRefusedError):
            break
    except OSError:
        pass
