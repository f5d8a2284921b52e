"""Gets a page with requests, and shows it."""

import sys

import requests

proxy, ca, url = sys.argv[1:]
with requests.Session() as session:
    answer = session.get(url, proxies={"https": proxy}, verify=ca, timeout=60)
    answer.raise_for_status()
    sys.stdout.write(answer.text)
