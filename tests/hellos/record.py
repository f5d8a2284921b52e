#!/usr/bin/env python3
"""Keeps the first flight of a client: record.py FILE.bin COMMAND...

Listens on a free port of loopback, puts it where the command says {port}, keeps the first ClientHello that
comes, and closes. The command's own outcome does not matter.

    record.py curl.bin curl -sk https://localhost:{port}/
"""

import socket
import subprocess
import sys


def is_whole(flight):
    """Whether the records hold a whole handshake message."""
    message, at = b"", 0
    while at + 5 <= len(flight):
        end = at + 5 + int.from_bytes(flight[at + 3 : at + 5], "big")
        if end > len(flight):
            return False
        message += flight[at + 5 : end]
        at = end
    return len(message) >= 4 and len(message) >= 4 + int.from_bytes(message[1:4], "big")


def main(path, command):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        port = str(server.getsockname()[1])
        client = subprocess.Popen([word.replace("{port}", port) for word in command], stdin=subprocess.DEVNULL)
        connection, _ = server.accept()
        with connection:
            connection.settimeout(5)
            flight = b""
            while not is_whole(flight):
                piece = connection.recv(65536)
                if not piece:
                    sys.exit("the client closed before its hello was whole")
                flight += piece
    client.kill()
    with open(path, "wb") as out:
        out.write(flight)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:])
