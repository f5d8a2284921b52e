"""A gRPC server without a schema: what it takes and gives are bytes."""

import sys
from concurrent.futures import ThreadPoolExecutor

import grpc


def once(request, context):
    context.set_trailing_metadata([("x-count", "1")])
    return request


def often(request, context):
    context.set_trailing_metadata([("x-count", "20")])
    for _ in range(20):
        yield request


def never(request, context):
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, "not today")


methods = {
    "Once": grpc.unary_unary_rpc_method_handler(once),
    "Often": grpc.unary_stream_rpc_method_handler(often),
    "Never": grpc.unary_unary_rpc_method_handler(never),
}
cert, key = (open(path, "rb").read() for path in sys.argv[1:])
server = grpc.server(ThreadPoolExecutor(4))
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("test.Echo", methods)])
port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, cert)]))
server.start()
print(f"listens on {port}")
server.wait_for_termination()
