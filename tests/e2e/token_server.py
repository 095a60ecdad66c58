"""Tokens that soon end: a server that gives them out, a catalog and a store that want them."""

import base64
import contextlib
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import boto3
from fault.proxy import Exchange, HttpProxy, Message, error, pass_on
from servers import S3_PASSWORD, S3_REGION, S3_USER, Minio

KEYS = ("s3.access-key-id", "s3.secret-access-key", "s3.session-token", "s3.session-token-expires-at-ms")


class TokenServer:
    """OAuth2 by client credentials, in the form or by HTTP's Basic. Tokens are JWTs without a signature, which live for
    `life` seconds."""

    def __init__(self, client: str, secret: str, life: int):
        self.client, self.secret, self.life = client, secret, life
        self.ends: dict[str, float] = {}  # of each token that was given out, in their order
        self.away = False  # answers 503
        self.refusals = 0
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                status, body = owner.answer(self.headers, self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/tokens"

    def answer(self, headers, body: bytes) -> tuple[int, bytes]:
        if self.away:
            return 503, b"{}"
        form = parse_qs(body.decode())
        given = ":".join(form.get(key, [""])[0] for key in ("client_id", "client_secret"))
        if basic := headers.get("Authorization", "").removeprefix("Basic "):
            given = base64.b64decode(basic).decode()
        if given != f"{self.client}:{self.secret}":
            self.refusals += 1
            words = {"error": "invalid_client", "error_description": f"nobody knows {given}"}
            return 401, json.dumps(words).encode()
        end = time.time() + self.life
        claims = {"sub": self.client, "iat": int(end) - self.life, "exp": int(end), "jti": len(self.ends)}
        token = ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
                         for part in ({"alg": "none"}, claims)) + "."
        self.ends[token] = end
        return 200, json.dumps({"access_token": token, "token_type": "bearer", "expires_in": self.life}).encode()

    def knows(self, token: str) -> bool:
        return time.time() < self.ends.get(token, 0)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class GuardedCatalog(HttpProxy):
    """Before a catalog with tables in MinIO: it wants a token of the server's, and lends keys to a table's files that
    live for `life` seconds. MinIO's own keys live longer: `GuardedStore` sees to it."""

    def __init__(self, real: str, tokens: TokenServer, minio: Minio, life: int):
        self.tokens, self.minio, self.life = tokens, minio, life
        self.ends: dict[str, float] = {}  # of each session token that was lent
        self.lent: list[str] = []  # all secrets among what was lent
        self.refused: list[str] = []
        super().__init__(urlsplit(real).netloc)
        self.rule(self.guard, "GET|POST|HEAD|DELETE", times=None)

    def guard(self, exchange: Exchange) -> None:
        token = exchange.request.header("Authorization").removeprefix("Bearer ")
        if not self.tokens.knows(token):
            self.refused.append(exchange.path)
            words = f"nobody knows {exchange.request.head.decode()}"
            return exchange.reply(error(401, words, "NotAuthorizedException"))
        if not re.search(r"/tables(/[^/]+)?$", urlsplit(exchange.path).path) or exchange.method == "DELETE":
            return pass_on(exchange)
        head = re.sub(rb"\r\naccept-encoding:[^\r\n]*", b"", exchange.request.head, flags=re.IGNORECASE)
        exchange.request = Message(head, exchange.request.body)
        exchange.reply(self.with_keys(exchange.forward()))

    def with_keys(self, reply: Message) -> Message:
        """The same, with keys of this moment in it, if it is about a table."""
        body = reply.body
        if chunked := reply.header("Transfer-Encoding").lower() == "chunked":
            body = unchunked(body)
        with contextlib.suppress(ValueError):
            told = json.loads(body)
            if "metadata" in told:
                told["config"] = told.get("config", {}) | self.keys()
                body = json.dumps(told).encode()
        if chunked:
            reply.head = re.sub(rb"(?i)\r\ntransfer-encoding:[^\r\n]*", b"\r\nContent-Length: 0", reply.head)
        return reply.with_body(body)

    def keys(self) -> dict[str, str]:
        sts = boto3.client("sts", endpoint_url=self.minio.address, region_name=S3_REGION, aws_access_key_id=S3_USER,
                           aws_secret_access_key=S3_PASSWORD)
        given = sts.assume_role(RoleArn="arn:aws:iam::0:role/any", RoleSessionName="frazil",
                                DurationSeconds=900)["Credentials"]
        end = time.time() + self.life
        self.ends[given["SessionToken"]] = end
        self.lent += [given["SecretAccessKey"], given["SessionToken"]]
        return dict(zip(KEYS, (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"],
                               str(int(end * 1000)))))


class GuardedStore(HttpProxy):
    """Before MinIO: keys that the catalog lent open it until their end."""

    def __init__(self, catalog: GuardedCatalog):
        self.catalog = catalog
        self.refused: list[str] = []
        super().__init__(catalog.minio.address)
        self.rule(self.guard, "GET|PUT|POST|HEAD|DELETE", times=None)

    def guard(self, exchange: Exchange) -> None:
        if time.time() < self.catalog.ends.get(exchange.request.header("X-Amz-Security-Token"), 0):
            return pass_on(exchange)
        self.refused.append(f"{exchange.method} {exchange.path}")
        body = b"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"
        if exchange.method == "HEAD":
            body = b""
        head = f"HTTP/1.1 400 Bad Request\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n"
        exchange.reply(Message(head.encode(), body))


def unchunked(body: bytes) -> bytes:
    whole = b""
    while body:
        size, rest = body.split(b"\r\n", 1)
        length = int(size.split(b";")[0], 16)
        whole, body = whole + rest[:length], rest[length + 2 :]
    return whole
