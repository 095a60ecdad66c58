"""A schema registry that wants to know who asks, and may be away."""

import base64
import json
from urllib.parse import urlsplit

from fault.proxy import Exchange, HttpProxy, Message, pass_on


class GuardedRegistry(HttpProxy):
    """Before a registry: lets through who knows the password, while it is open. A refusal repeats what was sent."""

    def __init__(self, real: str, user: str, password: str):
        """`real`: the URL of the registry's API."""
        self.word = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        self.open, self.asked = True, 0
        at = urlsplit(real)
        self.api = at.path
        super().__init__(at.netloc)
        self.rule(self.guard, "GET", times=None)

    @property
    def url(self) -> str:
        return self.address + self.api

    def guard(self, exchange: Exchange) -> None:
        self.asked += 1
        if exchange.request.header("Authorization") != self.word:
            exchange.reply(refusal(401, 40101, f"nobody knows {exchange.request.head.decode()}"))
        elif self.open:
            pass_on(exchange)
        else:
            exchange.reply(refusal(503, 50302, "no leader"))


def refusal(status: int, code: int, message: str) -> Message:
    body = json.dumps({"error_code": code, "message": message}).encode()
    head = f"HTTP/1.1 {status} No\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return Message(head.encode(), body)
