"""Gets a page with requests; with `--pinned` it wants a certificate that nobody has."""

import sys

import requests
from requests.adapters import HTTPAdapter

proxy, ca, url, *pinned = sys.argv[1:]


class Pinned(HTTPAdapter):
    """urllib3 compares behind the handshake."""

    def proxy_manager_for(self, *args, **kwargs):
        return super().proxy_manager_for(*args, assert_fingerprint="00" * 32, **kwargs)


with requests.Session() as session:
    session.trust_env = False
    if pinned:
        session.mount("https://", Pinned())
    session.get(url, proxies={"https": proxy}, verify=ca, timeout=60).raise_for_status()
