"""What a hostile or broken HTTP server answers: each is an effect for `fault.proxy.HttpProxy.rule`.

They end when the client has gone, so that none outlives its test.
"""

import json
import socket
import struct
import time
import zlib
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from fault.proxy import Effect, Exchange, Message

MIB = 1 << 20


def head(status: int = 200, **headers: str) -> bytes:
    """Underscores of names are written as dashes."""
    lines = [f"HTTP/1.1 {status} Hostile", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def pour(exchange: Exchange, pieces: Iterator[bytes]) -> None:
    try:
        for piece in pieces:
            exchange.client.sendall(piece)
    except OSError:  # it has had enough
        pass
    exchange.close()


def forever(piece: bytes) -> Iterator[bytes]:
    while True:
        yield piece


def then(*parts) -> Iterator[bytes]:
    """Bytes, and what gives bytes, one after the other."""
    for part in parts:
        if isinstance(part, bytes):
            yield part
        else:
            yield from part


def chunks(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield b"%x\r\n%s\r\n" % (len(piece), piece)


# --- Without end ------------------------------------------------------------------------------------------------------

def endless_body(status: int = 200) -> Effect:
    """JSON whose string does not end."""
    def effect(exchange: Exchange) -> None:
        pour(exchange, then(head(status, Content_Type="application/json", Transfer_Encoding="chunked"),
                            chunks(then(b'{"defaults": {"x": "', forever(b"y" * 65536)))))
    return effect


def endless_headers(exchange: Exchange) -> None:
    lines = (b"X-%d: %s\r\n" % (number, b"h" * 900) for number in iter(int, 1))
    pour(exchange, then(b"HTTP/1.1 200 Hostile\r\n", lines))


def one_endless_header(exchange: Exchange) -> None:
    pour(exchange, then(b"HTTP/1.1 200 Hostile\r\nX-Long: ", forever(b"h" * 4096)))


def endless_interim_replies(exchange: Exchange) -> None:
    pour(exchange, forever(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"))


def endless_gzip(times: int = 1) -> Effect:
    """A body that unpacks to a thousand times its size, `times` over, and does not end."""
    def effect(exchange: Exchange) -> None:
        packers = [zlib.compressobj(9, zlib.DEFLATED, 31) for _ in range(times)]

        def packed() -> Iterator[bytes]:
            for piece in then(b'{"defaults": {"x": "', forever(b"y" * MIB)):
                for packer in packers:
                    piece = packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)
                yield piece

        pour(exchange, then(head(Content_Type="application/json", Content_Encoding=", ".join(["gzip"] * times),
                                 Transfer_Encoding="chunked"), chunks(packed())))
    return effect


# --- Too slow ---------------------------------------------------------------------------------------------------------

def trickle(exchange: Exchange, every: float = 0.2) -> None:
    """A byte now and then: never silent for long, never at its end."""
    def pieces() -> Iterator[bytes]:
        for number in range(1 << 20):
            yield b"{" if number == 0 else b" "
            time.sleep(every)

    pour(exchange, then(head(Content_Type="application/json", Content_Length="100000"), pieces()))


def trickling_headers(exchange: Exchange, every: float = 0.2) -> None:
    def pieces() -> Iterator[bytes]:
        while True:
            yield b"x"
            time.sleep(every)

    pour(exchange, then(b"HTTP/1.1 200 Hostile\r\nX-Slow: ", pieces()))


def silence(exchange: Exchange) -> None:
    """Takes the request and says nothing, until the client goes."""
    exchange.client.settimeout(None)
    try:
        exchange.client.recv(1)
    except OSError:
        pass


# --- Too large, packed ------------------------------------------------------------------------------------------------

def body(content: bytes, status: int = 200, **headers: str) -> Effect:
    """One whole reply."""
    def effect(exchange: Exchange) -> None:
        headers_ = {"Content_Type": "application/json", "Content_Length": str(len(content)), **headers}
        pour(exchange, iter((head(status, **headers_), content)))
    return effect


def json_body(value, status: int = 200, **headers: str) -> Effect:
    return body(json.dumps(value).encode(), status, **headers)


def told_length(length: int) -> Effect:
    """Says it is that long, sends a little and waits."""
    def effect(exchange: Exchange) -> None:
        exchange.client.sendall(head(Content_Type="application/json", Content_Length=str(length)) + b'{"defaults": ')
        silence(exchange)
    return effect


def packed(size: int) -> Effect:
    """Valid JSON of that many bytes, a thousandth of it on the wire."""
    def effect(exchange: Exchange) -> None:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        first, more, last = b'{"defaults": {"x": "', b"y" * MIB, b'"}}'
        times = size // MIB
        # After a full flush the same bytes pack the same way, wherever they stand.
        parts = [packer.compress(part) + packer.flush(zlib.Z_FULL_FLUSH) for part in (first, more, last)]
        check = zlib.crc32(first)
        for part in (*[more] * times, last):
            check = zlib.crc32(part, check)
        end = struct.pack("<II", check, (len(first) + times * MIB + len(last)) & 0xFFFFFFFF)
        content = b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + parts[0] + parts[1] * times + parts[2] + packer.flush() + end
        body(content, Content_Encoding="gzip")(exchange)
    return effect


def nested(depth: int, inside: str = "defaults") -> Effect:
    return body(b'{"%s": ' % inside.encode() + b"[" * depth + b"]" * depth + b"}")


def many_values(count: int) -> Effect:
    """Short to write, long in memory."""
    return body(b'{"defaults": [' + b"[]," * (count - 1) + b"[]]}")


# --- Cut, wrong, elsewhere --------------------------------------------------------------------------------------------

def cut(exchange: Exchange) -> None:
    """The real reply, of which the second half does not come."""
    reply = exchange.forward()
    exchange.reply(Message(reply.head, reply.body[: len(reply.body) // 2]))
    exchange.close()


def reset(exchange: Exchange) -> None:
    """The connection is torn down, not closed."""
    exchange.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    exchange.client.close()


def not_http(exchange: Exchange) -> None:
    pour(exchange, iter((b"\x15\x03\x01\x00\x02\x02\x46SSH-2.0-OpenSSH\r\n\r\n",)))


def html(status: int = 200) -> Effect:
    """What a proxy before the server says when it does not reach it, or wants a login."""
    return body(b"<!DOCTYPE html><html><title>Welcome</title></html>", status, Content_Type="text/html")


def redirect(to: str, status: int = 307) -> Effect:
    """To the same path at `to`, http://HOST:PORT."""
    def effect(exchange: Exchange) -> None:
        pour(exchange, iter((head(status, Location=to + exchange.path, Content_Length="0"),)))
    return effect


def edited(edit) -> Effect:
    """The real reply, with its JSON as `edit(json)` leaves it."""
    def effect(exchange: Exchange) -> None:
        exchange.request = without_packing(exchange.request)
        reply = exchange.forward()
        told = json.loads(unchunked(reply))
        told = edit(told) or told
        body(json.dumps(told).encode(), int(reply.start[1]))(exchange)
    return effect


def query(exchange: Exchange) -> dict[str, list[str]]:
    return parse_qs(urlsplit(exchange.path).query)


def without_packing(request: Message) -> Message:
    lines = request.head.split(b"\r\n")
    return Message(b"\r\n".join(line for line in lines if not line.lower().startswith(b"accept-encoding")), request.body)


def unchunked(reply: Message) -> bytes:
    if reply.header("Transfer-Encoding").lower() != "chunked":
        return reply.body
    whole, rest = b"", reply.body
    while rest:
        size, rest = rest.split(b"\r\n", 1)
        length = int(size.split(b";")[0], 16)
        whole, rest = whole + rest[:length], rest[length + 2 :]
    return whole
