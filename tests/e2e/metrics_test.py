"""Who may read /metrics and /health of a running process."""

import re
import urllib.error
import urllib.request

import pytest
from pipelines import stop, values

TOKEN = "0123456789abcdef"


def get(url: str, authorization: str = "") -> tuple[int, str, str]:
    """Status, body, and how it wants to be asked."""
    request = urllib.request.Request(url, headers={"Authorization": authorization} if authorization else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode(), ""
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode(), refusal.headers.get("WWW-Authenticate", "")


@pytest.mark.parametrize("by", ["configuration", "flags"])
def test_a_token_opens_the_metrics(kafka, pipeline, tmp_path, by):
    topic = kafka.create_topic()
    kafka.produce(topic, values(10))
    p = pipeline(topic)
    (tmp_path / "token").write_text(TOKEN + "\n")
    if by == "configuration":
        p.config["metrics"] = {"port": 0, "address": "0.0.0.0", "token": f"${{file:{tmp_path}/token}}"}
        p.write_config()
        process = p.start()
    else:
        process = p.start("--metrics-port", 0, "--metrics-address", "0.0.0.0", "--metrics-token-file",
                          tmp_path / "token")
    p.wait_for_rows(10)
    url = "http://127.0.0.1:" + re.search(r"metrics at http://0\.0\.0\.0:(\d+)/metrics", p.logs())[1]
    for authorization in ("", f"Bearer {TOKEN}0", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}"):
        status, body, asked_for = get(url + "/metrics", authorization)
        assert (status, asked_for) == (401, 'Bearer realm="frazil"')
        assert "frazil_" not in body and topic not in body
    status, body, _ = get(url + "/metrics", f"Bearer {TOKEN}")
    assert status == 200 and f'pipeline="{topic}"' in body
    assert get(url + "/health") == (200, '{"status":"ok"}\n', "")
    assert stop(process) == 0
    assert TOKEN not in p.logs()
