"""A REST catalog that does not take everything: a proxy before a real one, which looks at the updates of commits."""

import json
from urllib.parse import urlsplit

from fault.proxy import Exchange, HttpProxy, error, pass_on

TAKES, DROPS, REFUSES = "takes", "drops", "refuses"


class ChoosyCatalog(HttpProxy):
    """`properties` and `tags` say what becomes of those of a commit; both may be changed at any time."""

    def __init__(self, real: str, properties: str = TAKES, tags: str = TAKES):
        self.real, self.properties, self.tags = real, properties, tags
        self.commits: list[list[dict]] = []  # the updates of each, as they came
        self.loses_reply = lambda updates: False  # called once a commit is applied; True: the client never hears of it
        self.cursed: dict[str, int] = {}  # names that no schema may have, with the status that answers them
        super().__init__(urlsplit(real).netloc)
        self.rule(self.look_at, "POST", times=None)

    @property
    def address(self) -> str:
        return super().address + urlsplit(self.real).path

    def look_at(self, exchange: Exchange) -> None:
        for name, status in self.cursed.items():
            if json.dumps(name).encode() in exchange.request.body and b'"fields"' in exchange.request.body:
                return exchange.reply(error(status, f"no column is called {name}", "BadRequestException"))
        if b'"updates"' not in exchange.request.body:
            return pass_on(exchange)
        commit = json.loads(exchange.request.body)
        self.commits.append(commit["updates"])
        taken = []
        for update in commit["updates"]:
            manners = self.manners(update)
            if manners == REFUSES:
                return exchange.reply(error(400, f"{update['action']} is not allowed here", "BadRequestException"))
            if manners == TAKES:
                taken.append(update)
        exchange.request = exchange.request.with_body(json.dumps(commit | {"updates": taken}).encode())
        reply = exchange.forward()
        lost = int(reply.start[1]) < 300 and self.loses_reply(self.commits[-1])
        exchange.reply(error(502) if lost else reply)

    def manners(self, update: dict) -> str:
        if update["action"] == "set-properties" and any(key.startswith("frazil.") for key in update["updates"]):
            return self.properties
        if update["action"] == "set-snapshot-ref" and update["type"] == "tag":
            return self.tags
        return TAKES
