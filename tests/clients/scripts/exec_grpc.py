"""Makes a unary call; knows nothing of proxies and roots."""

import sys

import grpc

with grpc.secure_channel(sys.argv[1], grpc.ssl_channel_credentials()) as channel:
    sys.stdout.write(channel.unary_unary("/test.Echo/Once")(b"once", timeout=60).decode())
