"""A mail server that greets, and goes over to TLS when it is asked to."""

import socket
import ssl
import sys

context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
context.load_cert_chain(*sys.argv[1:])
listener = socket.create_server(("127.0.0.1", 0))
print(f"listens on {listener.getsockname()[1]}", flush=True)


def serve(connection):
    connection.sendall(b"220 site.test ESMTP\r\n")
    lines = connection.makefile("rb")
    while line := lines.readline():
        word = line.strip().upper().split(b" ")[0]
        if word == b"STARTTLS":
            connection.sendall(b"220 go ahead\r\n")
            connection = context.wrap_socket(connection, server_side=True)
            lines = connection.makefile("rb")
        elif word == b"EHLO":
            connection.sendall(b"250-site.test\r\n250 STARTTLS\r\n")
        elif word == b"QUIT":
            connection.sendall(b"221 bye\r\n")
            return
        else:
            connection.sendall(b"250 ok\r\n")


while True:
    connection, _ = listener.accept()
    with connection:
        serve(connection)
