"""A server of yesterday: versions, suites and groups that no OpenSSL of today has any more.

Told a certificate, its key, and which server to be.
"""

import socketserver
import sys

from tlslite.api import HandshakeSettings, TLSConnection, X509CertChain, parsePEMKey
from tlslite.errors import BaseTLSException
from tlslite.mathtls import RFC2409_GROUP1, RFC2409_GROUP2, RFC3526_GROUP14

SSL30, TLS10, TLS11, TLS12, TLS13 = VERSIONS = [(3, minor) for minor in range(5)]


def only(exchange, cipher, mac, oldest=TLS12, newest=TLS12, **more):
    """The settings for one suite."""
    suite = {"keyExchangeNames": [exchange], "cipherNames": [cipher], "macNames": [mac]}
    return suite | {"minVersion": oldest, "maxVersion": newest} | more


MODES = {
    "good": only("ecdhe_rsa", "aes128gcm", "aead", newest=TLS13),
    "sslv3": only("rsa", "aes128", "sha", SSL30, SSL30),
    "sslv3-rc4": only("rsa", "rc4", "sha", SSL30, SSL30),
    "sslv3-too": only("ecdhe_rsa", "aes128", "sha", SSL30),
    "tls10": only("rsa", "aes128", "sha", TLS10, TLS10),
    "tls11": only("ecdhe_rsa", "aes128", "sha", TLS11, TLS11),
    "static-rsa": only("rsa", "aes128", "sha"),
    "static-rsa-gcm": only("rsa", "aes128gcm", "aead"),
    "cbc": only("ecdhe_rsa", "aes128", "sha256"),
    "rc4-sha": only("rsa", "rc4", "sha"),
    "rc4-md5": only("rsa", "rc4", "md5"),
    "ecdhe-rc4": only("ecdhe_rsa", "rc4", "sha"),
    "3des": only("rsa", "3des", "sha"),
    "null": only("rsa", "null", "sha"),
    "dh-anon": only("dh_anon", "aes128", "sha"),
    "ecdh-anon": only("ecdh_anon", "aes128", "sha"),
    "dhe-768": only("dhe_rsa", "aes128gcm", "aead", dhParams=RFC2409_GROUP1),
    "dhe-1024": only("dhe_rsa", "aes128gcm", "aead", dhParams=RFC2409_GROUP2),
    "dhe-2048": only("dhe_rsa", "aes128gcm", "aead", dhParams=RFC3526_GROUP14),
    "sha1-signature": only("ecdhe_rsa", "aes128gcm", "aead", rsaSigHashes=["sha1"], rsaSchemes=["pkcs1"]),
    "no-ems": only("ecdhe_rsa", "aes128gcm", "aead", useExtendedMasterSecret=False),
    # Something good for who offers it, and something bad for who does not.
    "everything": {
        "keyExchangeNames": ["ecdhe_rsa", "dhe_rsa", "rsa"],
        "cipherNames": ["aes128gcm", "aes128", "3des", "rc4", "null"],
        "macNames": ["aead", "sha", "md5"],
        "minVersion": SSL30,
        "maxVersion": TLS12,
        "dhParams": RFC2409_GROUP2,
    },
}


def settings_of(mode):
    settings = HandshakeSettings()
    # With those of RFC 7919 it would take one that the client names, and not its own.
    settings.dhGroups = []
    settings.minKeySize = 512
    for name, value in MODES[mode].items():
        setattr(settings, name, value)
    settings.versions = [v for v in reversed(VERSIONS) if settings.minVersion <= v <= settings.maxVersion]
    return settings


def identity_of(cert, key):
    chain = X509CertChain()
    with open(cert, encoding="ascii") as file:
        chain.parsePemList(file.read())
    with open(key, encoding="ascii") as file:
        private = parsePEMKey(file.read(), private=True, implementations=["python"])
    return {"certChain": chain, "privateKey": private}


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        tls = TLSConnection(self.request)
        try:
            tls.handshakeServer(settings=settings, alpn=[bytearray(b"http/1.1")], **identity)
            tls.read(min=1, max=65536)
            tls.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            tls.close()
        except (BaseTLSException, OSError) as error:
            print(f"{self.client_address[1]}: {error!r}")


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


cert, key, mode = sys.argv[1:]
settings = settings_of(mode)
# With a certificate at hand it would choose nothing anonymous.
identity = {"anon": True} if "anon" in mode else identity_of(cert, key)
with Server(("127.0.0.1", 0), Handler) as server:
    print(f"listens on {server.server_address[1]}")
    server.serve_forever()
