"""Sends a text and a binary message over a compressed WebSocket, and wants each back."""

import ssl
import sys

from websockets.sync.client import connect

proxy, ca, url = sys.argv[1:]
with connect(url, proxy=proxy, ssl=ssl.create_default_context(cafile=ca)) as socket:
    assert "permessage-deflate" in socket.response.headers["Sec-WebSocket-Extensions"]
    for message in ("Grüße " * 1000, bytes(range(256)) * 300):
        socket.send(message)
        assert socket.recv(timeout=60) == message
    assert socket.ping().wait(60)
