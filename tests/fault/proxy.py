"""Proxies that do to a connection what networks, load balancers and tired servers do.

`HttpProxy` stands before a catalog or an object store and looks at each request: the first rule that matches and has
turns left decides what becomes of it. Requests pass byte for byte, `Host` too, so that S3's signatures hold.
`TcpProxy` stands before anything else. Both can also be down: connections are refused.
"""

import json
import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field


class Proxy:
    """Listens on a port of its own, which it keeps while it is down; a thread for each connection."""

    def __init__(self, upstream: str):
        """`upstream`: HOST:PORT or http://HOST:PORT; may be set later."""
        self.upstream = upstream
        self.connections: set[socket.socket] = set()
        self.lock = threading.Lock()
        self.accepted = 0  # connections, also those that found nobody behind it
        self.port = 0
        self.up()

    @property
    def host_and_port(self) -> str:
        return f"127.0.0.1:{self.port}"

    def up(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def down(self) -> None:
        """New connections are refused, those there are cut."""
        end(self.listener)  # wakes up `accept`
        self.listener.close()
        self.cut()

    def cut(self) -> None:
        """Ends every connection in the middle of what it does."""
        with self.lock:
            for connection in self.connections:
                end(connection)

    close = down

    def accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # down
                return
            self.accepted += 1
            threading.Thread(target=self.attend, args=(client,), daemon=True).start()

    def attend(self, client: socket.socket) -> None:
        with self.watched(client):
            try:
                self.serve(client)
            except OSError:  # either side has gone, or was cut
                pass

    @contextmanager
    def watched(self, connection: socket.socket):
        """`cut` reaches the connection; it is closed in the end."""
        with self.lock:
            self.connections.add(connection)
        try:
            yield connection
        finally:
            with self.lock:
                self.connections.discard(connection)
            connection.close()

    def connect(self) -> socket.socket:
        host, port = self.upstream.removeprefix("http://").split(":")
        return socket.create_connection((host, int(port)), timeout=60)

    def serve(self, client: socket.socket) -> None:
        raise NotImplementedError


def end(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # not connected any more
        pass


class TcpProxy(Proxy):
    """Passes bytes on, both ways: at `rate` bytes a second each if it is set, not at all while `frozen`."""

    def __init__(self, upstream: str = ""):
        self.rate = 0
        self.flowing = threading.Event()
        self.flowing.set()
        super().__init__(upstream)

    @contextmanager
    def frozen(self):
        """Connections stay open and say nothing, as behind a firewall that forgot them."""
        self.flowing.clear()
        try:
            yield
        finally:
            self.flowing.set()

    def serve(self, client: socket.socket) -> None:
        with self.watched(self.connect()) as server:
            server.settimeout(None)
            back = threading.Thread(target=self.pour, args=(server, client), daemon=True)
            back.start()
            self.pour(client, server)
            back.join()

    def pour(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(self.rate // 10 or 65536):
                self.flowing.wait()
                sink.sendall(data)
                if self.rate:
                    time.sleep(len(data) / self.rate)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            end(source)
            end(sink)


@dataclass
class Message:
    """A request or a reply as it came."""

    head: bytes
    body: bytes

    @property
    def start(self) -> list[str]:
        return self.head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")

    def header(self, name: str) -> str:
        found = re.search(rb"\r\n" + name.encode() + rb":[ \t]*([^\r\n]*)", self.head, re.IGNORECASE)
        return found[1].decode("latin-1") if found else ""

    def with_body(self, body: bytes) -> "Message":
        """The same, its length told anew; not of a message in chunks."""
        length = b"\r\nContent-Length: %d" % len(body)
        return Message(re.sub(rb"\r\ncontent-length:[^\r\n]*", length, self.head, flags=re.IGNORECASE), body)


class Exchange:
    """One request and what is done with it; an effect is a function of it."""

    def __init__(self, proxy: "HttpProxy", client: socket.socket, request: Message):
        self.proxy, self.client, self.request = proxy, client, request
        self.method, self.path = request.start[:2]
        if action := request.header("X-Amz-Target"):  # AWS names what it is asked for there
            self.path += "#" + action

    def forward(self, body_share: float = 1) -> Message:
        """The server's reply. With a share of the body the connection ends there: nothing is answered."""
        with self.proxy.watched(self.proxy.connect()) as server:
            server.sendall(self.request.head + self.request.body[: int(len(self.request.body) * body_share)])
            if body_share < 1:
                return Message(b"", b"")
            return read_message(server.makefile("rb"), reply_to=self.method)

    def reply(self, message: Message) -> None:
        self.client.sendall(message.head + message.body)

    def close(self) -> None:
        end(self.client)


Effect = Callable[[Exchange], None]


def pass_on(exchange: Exchange) -> None:
    exchange.reply(exchange.forward())


def delay(seconds: float) -> Effect:
    def effect(exchange: Exchange) -> None:
        time.sleep(seconds)
        pass_on(exchange)
    return effect


def refuse(exchange: Exchange) -> None:
    """The request is not passed on and not answered."""
    exchange.close()


def answer(status: int) -> Effect:
    """Answers so without passing the request on."""
    return lambda exchange: exchange.reply(error(status))


def answer_after(status: int) -> Effect:
    """Answers so once the server has done what it was asked."""
    def effect(exchange: Exchange) -> None:
        exchange.forward()
        exchange.reply(error(status))
    return effect


def lose_reply(exchange: Exchange) -> None:
    """The server does what it was asked; the client sees the connection end."""
    exchange.forward()
    exchange.close()


def duplicate(exchange: Exchange) -> None:
    """The server gets the request twice, the client hears of the second: a layer between them that tries again."""
    exchange.forward()
    pass_on(exchange)


def truncate_request(exchange: Exchange) -> None:
    """The connection ends, for both sides, within the request's body."""
    exchange.forward(body_share=0.5)
    exchange.close()


def truncate_reply(exchange: Exchange) -> None:
    reply = exchange.forward()
    exchange.reply(Message(reply.head, reply.body[: len(reply.body) // 2]))
    exchange.close()


def half_close(exchange: Exchange) -> None:
    """The request is done; the client gets no reply, though it may still send."""
    exchange.forward()
    exchange.client.shutdown(socket.SHUT_WR)
    exchange.client.recv(1)  # until the client ends it


def bandwidth(rate: int) -> Effect:
    """The body goes up, and the reply comes down, at `rate` bytes a second."""
    def effect(exchange: Exchange) -> None:
        time.sleep(len(exchange.request.body) / rate)
        reply = exchange.forward()
        exchange.client.sendall(reply.head)
        step = max(1, rate // 10)
        for begin in range(0, len(reply.body), step):
            exchange.client.sendall(reply.body[begin : begin + step])
            time.sleep(0.1)
    return effect


class Hold:
    """Keeps requests until `release`, then passes them on, also those whose sender has gone."""

    def __init__(self):
        self.arrived, self.released, self.done = threading.Event(), threading.Event(), threading.Event()
        self.status = 0  # what the server answered

    def __call__(self, exchange: Exchange) -> None:
        self.arrived.set()
        self.released.wait()
        reply = exchange.forward()
        self.status = int(reply.start[1])
        self.done.set()
        exchange.reply(reply)

    def release(self, timeout: float = 30) -> int:
        """The server's answer, once it is there."""
        self.released.set()
        assert self.done.wait(timeout), "the request that was held got no answer"
        return self.status


def error(status: int, message: str = "the fault proxy says so", type: str = "ServerError") -> Message:
    body = json.dumps({"error": {"message": message, "type": type, "code": status}}).encode()
    head = f"HTTP/1.1 {status} Fault\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return Message(head.encode(), body)


@dataclass
class Rule:
    """Requests of `method` whose path matches `path` (a regular expression, searched) meet the effect, the first
    `skip` excepted, and no more than `times`."""

    effect: Effect
    method: str
    path: str
    times: int | None
    skip: int = 0
    met: list[str] = field(default_factory=list)  # the paths of requests that met it

    def takes(self, exchange: Exchange) -> bool:
        if exchange.method not in self.method.split("|") or not re.search(self.path, exchange.path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None and len(self.met) >= self.times:
            return False
        self.met.append(exchange.path)
        return True


class HttpProxy(Proxy):
    def __init__(self, upstream: str):
        self.rules: list[Rule] = []
        super().__init__(upstream)

    @property
    def address(self) -> str:
        return f"http://{self.host_and_port}"

    def rule(self, effect: Effect, method: str, path: str = "", times: int | None = 1, skip: int = 0) -> Rule:
        """`method` may name several: "PUT|POST". `times` None: until `clear`."""
        rule = Rule(effect, method, path, times, skip)
        with self.lock:
            self.rules.append(rule)
        return rule

    def clear(self) -> None:
        with self.lock:
            self.rules.clear()

    def serve(self, client: socket.socket) -> None:
        stream = client.makefile("rb")
        while (request := read_message(stream, client=client)).head:
            exchange = Exchange(self, client, request)
            with self.lock:
                effect = next((rule.effect for rule in self.rules if rule.takes(exchange)), pass_on)
            effect(exchange)


def read_message(stream, reply_to: str = "", client: socket.socket | None = None) -> Message:
    """A request, or the reply to a request of that method; an empty head where the connection has ended."""
    while True:
        head = read_head(stream)
        message = Message(head, b"")
        if not (reply_to and head and message.start[1] == "100"):
            break
    if not head or reply_to == "HEAD" or (reply_to and message.start[1] in ("204", "304")):
        return message
    if client and message.header("Expect"):
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        message.head = re.sub(rb"\r\nexpect:[^\r\n]*", b"", head, flags=re.IGNORECASE)
    if message.header("Transfer-Encoding").lower() == "chunked":
        message.body = b"".join(read_chunks(stream))
    elif length := message.header("Content-Length"):
        message.body = stream.read(int(length))
    return message


def read_head(stream) -> bytes:
    lines = []
    while (line := stream.readline()) not in (b"\r\n", b""):
        lines.append(line)
    return b"".join(lines) + b"\r\n" if lines and line else b""


def read_chunks(stream):
    """The chunks as they came, with their lengths; a trailer is not expected."""
    while True:
        if not (size := stream.readline()):
            raise ConnectionError("it ended within its chunks")
        length = int(size.split(b";")[0], 16)
        yield size + stream.read(length + 2)
        if length == 0:
            return
