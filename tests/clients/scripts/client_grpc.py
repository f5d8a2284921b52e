"""Makes a unary call, a streaming one, and one that fails; the trailers of each have to arrive."""

import os
import sys

import grpc

proxy, ca, target = sys.argv[1:]
os.environ["https_proxy"] = proxy
with open(ca, "rb") as file:
    credentials = grpc.ssl_channel_credentials(root_certificates=file.read())


def trailers(call):
    return {name: value for name, value in call.trailing_metadata()}


with grpc.secure_channel(target, credentials) as channel:
    answer, call = channel.unary_unary("/test.Echo/Once").with_call(b"once", timeout=60)
    assert answer == b"once", answer
    assert trailers(call)["x-count"] == "1", call.trailing_metadata()

    call = channel.unary_stream("/test.Echo/Often")(b"often", timeout=60)
    assert list(call) == [b"often"] * 20
    assert trailers(call)["x-count"] == "20", call.trailing_metadata()

    try:
        channel.unary_unary("/test.Echo/Never")(b"never", timeout=60)
        raise SystemExit("a call that fails did not")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.FAILED_PRECONDITION, error
        assert error.details() == "not today", error
