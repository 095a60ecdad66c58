"""The proxy does what its rules say: otherwise a fault that nobody made would be said to be survived."""

import http.client
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import proxy
import pytest


@pytest.fixture
def server():
    """Answers POST with the body it got, and GET with its chunks; `bodies` are those that came whole."""
    bodies = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            length = int(self.headers["Content-Length"])
            body = self.rfile.read(length)
            if len(body) == length:
                bodies.append(body)
                self.send_response(200)
                self.send_header("Content-Length", str(length))
                self.end_headers()
                self.wfile.write(body)

        def do_GET(self):
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"5\r\nfirst\r\n6\r\nsecond\r\n0\r\n\r\n")

        def log_message(self, *_):
            pass

    http_server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http_server.serve_forever, daemon=True).start()
    http_server.bodies = bodies
    yield http_server
    http_server.shutdown()
    http_server.server_close()


@pytest.fixture
def between(server):
    made = proxy.HttpProxy(f"http://127.0.0.1:{server.server_port}")
    yield made
    made.close()


def ask(between, method: str = "POST", path: str = "/a", body: bytes | None = b"0123456789") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(between.host_and_port, timeout=10)
    try:
        connection.request(method, path, body)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


BROKEN = (http.client.HTTPException, OSError)


def test_without_a_rule_everything_passes(between, server):
    assert ask(between) == (200, b"0123456789")
    assert ask(between, "GET", body=None) == (200, b"firstsecond")
    connection = http.client.HTTPConnection(between.host_and_port, timeout=10)
    for body in (b"one", b"two"):  # on one connection
        connection.request("POST", "/a", body, {"Expect": "100-continue"})
        assert connection.getresponse().read() == body
    connection.close()


@pytest.mark.parametrize("effect, status, arrived", [
    (proxy.answer(503), 503, 0), (proxy.answer_after(502), 502, 1), (proxy.refuse, None, 0),
    (proxy.lose_reply, None, 1), (proxy.half_close, None, 1), (proxy.duplicate, 200, 2),
    (proxy.truncate_request, None, 0), (proxy.truncate_reply, None, 1), (proxy.bandwidth(100), 200, 1),
    (proxy.delay(0.01), 200, 1),
])
def test_each_effect(between, server, effect, status, arrived):
    rule = between.rule(effect, "POST", "/a$")
    if status is None:
        with pytest.raises(BROKEN):
            ask(between)
    else:
        assert ask(between)[0] == status
    assert server.bodies == [b"0123456789"] * arrived
    assert rule.met == ["/a"]
    assert ask(between)[0] == 200, "the rule has had its turn"


def test_which_requests_a_rule_takes(between):
    between.rule(proxy.answer(503), "PUT|POST", "^/a", times=2, skip=1)
    assert [ask(between, path=path)[0] for path in ("/b", "/a", "/a/1", "/b", "/a/2", "/a")] == [
        200, 200, 503, 200, 503, 200]


def test_a_request_that_is_held_arrives_though_its_sender_has_gone(between, server):
    late = proxy.Hold()
    between.rule(late, "POST")
    client = socket.create_connection(("127.0.0.1", between.port))
    client.sendall(b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nold")
    assert late.arrived.wait(10)
    client.close()
    assert server.bodies == []
    assert late.release() == 200
    assert server.bodies == [b"old"]


def test_down_refuses_and_up_is_at_the_same_address(between):
    between.down()
    with pytest.raises(ConnectionRefusedError):
        ask(between)
    between.up()
    assert ask(between)[0] == 200


def test_tcp_is_cut_and_frozen(server):
    between = proxy.TcpProxy(f"127.0.0.1:{server.server_port}")
    assert ask(between)[0] == 200
    with between.frozen():
        client = socket.create_connection(("127.0.0.1", between.port))
        client.settimeout(0.3)
        client.sendall(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n")
        with pytest.raises(TimeoutError):
            client.recv(1)
    client.settimeout(10)
    assert client.recv(1) == b"H"
    between.cut()
    while client.recv(1000):  # what was under way, then the end
        pass
    between.close()
