"""Hostile servers beside real ones, and what a run of the program before them takes: time, memory, words."""

import re
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fault.proxy import Exchange, HttpProxy, Message, Proxy, read_message
from program import RUNNING, Frazil, command_line


@dataclass
class Outcome:
    """How a run of the program ended."""

    code: int  # negative: by this signal
    text: str  # all it said
    seconds: float
    peak_mb: float  # of resident memory

    def expect(self, code: int, *words: str, within: float = 60, below_mb: float = 1000) -> "Outcome":
        assert self.code == code, f"ended with {self.code}, not {code}\n{self.text}"
        for each in words:
            assert each in self.text, f"does not say '{each}'\n{self.text}"
        assert self.seconds < within, f"took {self.seconds:.1f} s, not {within}\n{self.text}"
        assert self.peak_mb < below_mb, f"took {self.peak_mb:.0f} MB, not {below_mb}\n{self.text}"
        return self


def run(frazil: Frazil, *arguments, env: dict[str, str] | None = None, timeout: float = 90, **popen) -> Outcome:
    """Runs the program to its end."""
    begin = time.monotonic()
    process = frazil.start(*arguments, env=env, stderr=subprocess.STDOUT, **popen)
    peak = Peak(process.pid)
    killer = threading.Timer(timeout, process.kill)
    killer.start()
    text, _ = process.communicate()
    killer.cancel()
    RUNNING.remove(process)
    seconds = time.monotonic() - begin
    if seconds >= timeout:
        pytest.fail(f"{command_line(arguments)} ran longer than {timeout} s\n{text}", pytrace=False)
    return Outcome(process.returncode, text, seconds, peak.end())


class Peak:
    """The most resident memory that a process has had, looked at until it ends. (What the kernel counts for a parent
    begins with the memory of the process that forked it.)"""

    def __init__(self, pid: int):
        self.pid, self.mb = pid, 0.0
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self) -> None:
        while (now := self.now()) > 0:
            self.mb = max(self.mb, now)
            time.sleep(0.003)

    def now(self) -> float:
        try:
            status = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return 0
        found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)  # which a process at its end has no more
        return int(found[1]) / 1024 if found else 0

    def end(self) -> float:
        self.thread.join()
        return self.mb


class Before(HttpProxy):
    """Stands before a real server (a catalog, a store) whose address may have a path; rules say what else it answers."""

    def __init__(self, real: str):
        self.path = urlsplit(real).path.rstrip("/")
        super().__init__(urlsplit(real).netloc)

    @property
    def address(self) -> str:
        return super().address + self.path


class Listener(Proxy):
    """A server with nothing behind it: it keeps what it was sent, and answers each request by `answer`, an effect."""

    def __init__(self, answer=None):
        self.answer = answer or (lambda exchange: exchange.reply(Message(OK, b"")))
        self.requests: list[Message] = []
        super().__init__("")

    @property
    def address(self) -> str:
        return f"http://{self.host_and_port}"

    def serve(self, client) -> None:
        stream = client.makefile("rb")
        while (request := read_message(stream, client=client)).head:
            self.requests.append(request)
            self.answer(Exchange(self, client, request))

    def heard(self, text: str) -> bool:
        """Whether anyone said `text` to it."""
        return any(text.encode() in request.head + request.body for request in self.requests)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class RawServer(Proxy):
    """Speaks no HTTP: `talk(socket)` does as it likes with each connection."""

    def __init__(self, talk):
        self.talk = talk
        super().__init__("")

    def serve(self, client) -> None:
        self.talk(client)

