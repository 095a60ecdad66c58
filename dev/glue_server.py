"""AWS Glue's data catalog and token service, by moto: dev/glue_server.py PORT KEY SECRET REGION

What moto lacks is put before it: a request must be signed by KEY, or by keys that the token service has given out, and
an UpdateTable must name the table's VersionId, or is refused as AWS refuses it. `X-Amz-Target: AWSGlue.…` is Glue, a form
is the token service.
"""

import io
import json
import re
import sys
import threading

from dev.aws_signature import complaint
from moto.server import create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

JSON = [("Content-Type", "application/x-amz-json-1.1")]


class Services:
    def __init__(self, key: str, secret: str, region: str):
        self.region = region
        self.secrets, self.tokens = {key: secret}, {}
        self.glue, self.sts = create_backend_app("glue"), create_backend_app("sts")
        self.updating = threading.Lock()  # looking and changing are one step

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] == "GET":
            return say(start_response, "200 OK", b"ready")
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if not environ.get("HTTP_X_AMZ_TARGET", "").startswith("AWSGlue."):
            return self.token_service(environ, body, start_response)
        if wrong := self.wrong(environ, body, "glue"):
            return refuse(start_response, "InvalidSignatureException", wrong)
        with self.updating:
            if environ["HTTP_X_AMZ_TARGET"] == "AWSGlue.UpdateTable":
                asked = json.loads(body)
                named = asked.pop("VersionId", None)
                if named is not None and named != self.version(environ, asked):
                    return refuse(start_response, "ConcurrentModificationException",
                                  "Update table failed due to concurrent modifications.")
                body = json.dumps(asked).encode()
            return self.glue(with_body(environ, body), start_response)

    def version(self, environ, asked: dict) -> str:
        body = json.dumps({"DatabaseName": asked["DatabaseName"], "Name": asked["TableInput"]["Name"]}).encode()
        look = with_body(environ, body) | {"HTTP_X_AMZ_TARGET": "AWSGlue.GetTable"}
        answer = json.loads(b"".join(self.glue(look, lambda *_: None)))
        return answer.get("Table", {}).get("VersionId", "")

    def token_service(self, environ, body: bytes, start_response):
        if b"Action=AssumeRole&" in body and (wrong := self.wrong(environ, body, "sts")):
            return say(start_response, "403 Forbidden", f"<Error><Code>SignatureDoesNotMatch</Code><Message>{wrong}"
                                                        "</Message></Error>".encode())
        answer = b"".join(self.sts(with_body(environ, body), start_response))
        given = [re.search(f"<{name}>([^<]+)<".encode(), answer) for name in
                 ("AccessKeyId", "SecretAccessKey", "SessionToken")]
        if all(given):
            key, secret, token = (one[1].decode() for one in given)
            self.secrets[key], self.tokens[key] = secret, token
        return [answer]

    def wrong(self, environ, body: bytes, service: str) -> str:
        headers = {name[5:].replace("_", "-"): value for name, value in environ.items() if name.startswith("HTTP_")}
        headers["content-type"] = environ.get("CONTENT_TYPE", "")
        url = f"http://{environ['HTTP_HOST']}{environ['REQUEST_URI']}"
        return complaint(environ["REQUEST_METHOD"], url, headers, body, self.secrets, service, self.region, self.tokens)


def with_body(environ: dict, body: bytes) -> dict:
    return environ | {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}


def say(start_response, status: str, body: bytes, headers=JSON):
    start_response(status, [*headers, ("Content-Length", str(len(body)))])
    return [body]


def refuse(start_response, kind: str, message: str):
    return say(start_response, "400 Bad Request", json.dumps({"__type": kind, "Message": message}).encode())


class Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code="-", size="-"):
        pass


if __name__ == "__main__":
    port, *who = sys.argv[1:]
    make_server("127.0.0.1", int(port), Services(*who), threaded=True, request_handler=Quiet).serve_forever()
