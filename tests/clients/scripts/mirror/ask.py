"""Python's ssl: `ask.py ROOTS` asks for each line `case<TAB>host<TAB>port` and says what came of it."""

import socket
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor

context = ssl.create_default_context(cafile=sys.argv[1])


def ask(host, port):
    try:
        with socket.create_connection(("127.0.0.1", port), 3) as plain:
            with context.wrap_socket(plain, server_hostname=host) as tls:
                tls.sendall(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
                return tls.recv(4096).split(b"\r\n")[0].decode() or "nothing"
    except OSError as error:
        return f"{type(error).__name__}: {error}"


def answer(line):
    case, host, port = line.rstrip("\n").split("\t")
    return f"{case}\t{ask(host, int(port))}"


with ThreadPoolExecutor(4) as pool:
    for line in pool.map(answer, sys.stdin):
        print(line, flush=True)
