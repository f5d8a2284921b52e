"""A WebSocket server that says everything again."""

import ssl
import sys

from websockets.sync.server import serve

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(*sys.argv[1:])


def echo(socket):
    for message in socket:
        socket.send(message)


with serve(echo, "127.0.0.1", 0, ssl=context) as server:
    print(f"listens on {server.socket.getsockname()[1]}")
    server.serve_forever()
