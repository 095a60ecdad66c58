"""A REST catalog that does not take everything: a proxy before a real one, which looks at the updates of commits."""

import json
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TAKES, DROPS, REFUSES = "takes", "drops", "refuses"
HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "content-encoding", "host", "accept-encoding"}


class ChoosyCatalog:
    """`properties` and `tags` say what becomes of those of a commit; both may be changed at any time."""

    def __init__(self, real: str, properties: str = TAKES, tags: str = TAKES):
        self.real, self.properties, self.tags = real, properties, tags
        self.commits: list[list[dict]] = []  # the updates of each, as they came
        self.loses_reply = lambda updates: False  # called once a commit is applied; True: the client never hears of it
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
                refusal, is_commit = None, False
                if self.command == "POST" and body and b'"updates"' in body:
                    is_commit = True
                    body, refusal = outer.pick(json.loads(body))
                if refusal:
                    return self.reply(400, {"Content-Type": "application/json"}, json.dumps({"error": {
                        "message": refusal, "type": "BadRequestException", "code": 400}}).encode())
                headers = {key: value for key, value in self.headers.items() if key.lower() not in HOP_BY_HOP}
                request = urllib.request.Request(outer.real + self.path, body, headers, method=self.command)
                try:
                    with urllib.request.urlopen(request, timeout=60) as answer:
                        if is_commit and outer.loses_reply(outer.commits[-1]):
                            return self.reply(502, {}, b"")
                        # Nessie sends its clients to its own address.
                        self.reply(answer.status, answer.headers,
                                   answer.read().replace(outer.real.encode(), outer.address.encode()))
                except urllib.error.HTTPError as answer:
                    self.reply(answer.code, answer.headers, answer.read())

            do_GET = do_POST = do_DELETE = do_HEAD = pass_on

            def reply(self, status, headers, body):
                self.send_response(status)
                for key, value in headers.items():
                    if key.lower() not in HOP_BY_HOP:
                        self.send_header(key, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def pick(self, commit: dict) -> tuple[bytes, str | None]:
        self.commits.append(commit["updates"])
        taken = []
        for update in commit["updates"]:
            manners = TAKES
            if update["action"] == "set-properties" and any(key.startswith("frazil.") for key in update["updates"]):
                manners = self.properties
            elif update["action"] == "set-snapshot-ref" and update["type"] == "tag":
                manners = self.tags
            if manners == REFUSES:
                return b"", f"{update['action']} is not allowed here"
            if manners == TAKES:
                taken.append(update)
        return json.dumps(commit | {"updates": taken}).encode(), None

    def close(self):
        self.server.shutdown()
        self.server.server_close()
