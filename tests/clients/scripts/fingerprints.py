"""JA3 and JA4 of a ClientHello: the body of its handshake message, in base64."""

import base64
import hashlib
import struct
import sys

body = base64.b64decode(sys.argv[1])
version, at = struct.unpack(">H", body[:2])[0], 34
at += 1 + body[at]
size = struct.unpack(">H", body[at : at + 2])[0]
suites = list(struct.unpack(f">{size // 2}H", body[at + 2 : at + 2 + size]))
at += 2 + size
at += 1 + body[at] + 2
extensions = []
while at < len(body):
    kind, size = struct.unpack(">HH", body[at : at + 4])
    extensions.append((kind, body[at + 4 : at + 4 + size]))
    at += 4 + size
found = dict(extensions)


def is_grease(number):
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


def plain(numbers):
    return [number for number in numbers if not is_grease(number)]


def numbers(kind, skip):
    data = found.get(kind, b"")[skip:]
    return plain(struct.unpack(f">{len(data) // 2}H", data))


suites, kinds = plain(suites), plain(kind for kind, _ in extensions)
ja3 = [[version], suites, kinds, numbers(10, 2), list(found.get(11, b"")[1:])]
print(hashlib.md5(",".join("-".join(map(str, part)) for part in ja3).encode()).hexdigest())

alpn = found.get(16, b"\0\0\0")
alpn = alpn[3 : 3 + alpn[2]].decode() or "00"
highest = max(numbers(43, 1) or [version])
head = "t{}{}{:02}{:02}{}{}".format(
    {0x304: "13", 0x303: "12"}[highest], "d" if 0 in found else "i", len(suites), len(kinds), alpn[0], alpn[-1]
)
hexes = lambda those: ",".join(f"{number:04x}" for number in those)
second = hexes(sorted(suites))
third = hexes(sorted(kind for kind in kinds if kind not in (0, 16))) + "_" + hexes(numbers(13, 2))
print(head, *(hashlib.sha256(part.encode()).hexdigest()[:12] for part in (second, third)), sep="_")
