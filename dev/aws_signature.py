"""Whether a request is signed as AWS wants it (Signature Version 4), by the code with which AWS's own clients sign."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

FORM = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, *SignedHeaders=([^,]+), *"
                  r"Signature=([0-9a-f]{64})")


def complaint(method: str, url: str, headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str], service: str,
              region: str, tokens: Mapping[str, str] | None = None) -> str:
    """What is wrong with the request; nothing is where it is signed by a key of `secrets` (secret by key id) for this
    service and region. `url` is as it was sent; `tokens` are the session tokens that go with keys."""
    given = {name.lower(): value for name, value in headers.items()}
    parts = FORM.fullmatch(given.get("authorization", ""))
    if not parts:
        return "there is no signature"
    key, date, *scope, names, signature = parts.groups()
    if scope != [region, service]:
        return f"it is signed for {scope[1]} in {scope[0]}"
    if key not in secrets:
        return f"nobody knows the key {key}"
    token = (tokens or {}).get(key)
    if given.get("x-amz-security-token") != token:
        return "the session token is another"
    names = names.split(";")
    if missing := {"host", "x-amz-date", *(["x-amz-security-token"] if token else [])} - set(names):
        return f"{missing} are not signed"
    time = datetime.strptime(given["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    if given["x-amz-date"][:8] != date or abs(datetime.now(timezone.utc) - time) > timedelta(minutes=5):
        return "Signature expired"
    if given.get("x-amz-content-sha256", hashlib.sha256(body).hexdigest()) != hashlib.sha256(body).hexdigest():
        return "the body is another"
    request = AWSRequest(method=method, url=url, data=body, headers={name: given[name] for name in names})
    request.context["timestamp"] = given["x-amz-date"]
    signer = SigV4Auth(Credentials(key, secrets[key]), service, region)
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    return "" if expected == signature else "the signature does not match"
