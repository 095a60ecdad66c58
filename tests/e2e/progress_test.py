"""What `frazil run` shows on a terminal: a line at the bottom that is rewritten, and above it the log, whole."""

import os
import pty
import re
import select
import signal
import struct
import termios
import time
from fcntl import ioctl

import pytest
from paths import BUILD
from pipelines import values

FRAZIL = BUILD / "frazil"

ERASE = b"\r\x1b[K"
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (info|warning) ")


class Terminal:
    """A process of `frazil` with a terminal of its own."""

    def __init__(self, *arguments, columns: int = 200):
        self.bytes = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(FRAZIL, ["frazil", *map(str, arguments)], {**os.environ, "TERM": "xterm"})
        ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))

    def read_until(self, pattern: bytes, timeout: float = 60) -> None:
        deadline = time.monotonic() + timeout
        while not re.search(pattern, self.bytes):
            assert time.monotonic() < deadline and self.read_some(), f"no {pattern} in\n{self.bytes.decode()}"

    def read_some(self) -> bool:
        if not select.select([self.fd], [], [], 1)[0]:
            return True
        try:
            more = os.read(self.fd, 65536)
        except OSError:  # Linux's end of a terminal
            return False
        self.bytes += more
        return bool(more)

    def end(self) -> int:
        while self.read_some():
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def left_lines(self) -> list[str]:
        """What stays on the screen: each line as it was last written."""
        assert b"\x1b" not in self.bytes.replace(ERASE, b""), "no other control sequence"
        return [line.split(ERASE.decode())[-1].rstrip("\r")
                for line in self.bytes.decode().replace("\r\n", "\n").split("\n")]


def progress_lines(terminal: Terminal) -> list[str]:
    return re.findall(r"\r\x1b\[K([^\r\n\x1b]*records/s[^\r\n\x1b]*)", terminal.bytes.decode())


@pytest.fixture
def fed(kafka, pipeline):
    """A pipeline over a topic that holds 5000 values."""
    topic = kafka.create_topic()
    kafka.produce(topic, values(5000))
    return pipeline(topic)


def test_a_line_is_rewritten_below_the_log(kafka, fed):
    terminal = Terminal("run", "-c", fed.config_file)
    terminal.read_until(b"lag 0, 5,000 rows committed, last [0-9]+ s ago")
    kafka.produce(fed.topic, values(3000, first=5000))
    terminal.read_until(b"8,000 rows committed")
    os.kill(terminal.pid, signal.SIGINT)
    assert terminal.end() == 0
    shown = progress_lines(terminal)
    assert len(shown) > 1
    assert all(re.fullmatch(fed.topic + r": [\d,]+ records/s \([\d.]+ MB/s\), lag (unknown|[\d,]+), "
                            r"(nothing committed yet|[\d,]+ rows committed, last \d+ s ago)", line) for line in shown)
    left = terminal.left_lines()
    assert left[-1] == "", "the line is gone at the end"
    others = [line for line in left if not LOG_LINE.match(line)]
    assert others == ["Stopping: committing what is in hand; once more to leave at once.", ""]
    assert sum("committed" in line for line in left) >= 2


def test_it_fits_into_the_terminal(fed):
    terminal = Terminal("run", "-c", fed.config_file, columns=40)
    terminal.read_until(re.escape(ERASE) + f"{fed.topic}: [0-9,]+ records/s, lag 0, .*…".encode())
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.end() == 0
    assert max(map(len, progress_lines(terminal))) < 40


def test_an_error_is_not_torn(fed):
    fed.sink["schema"] = [{"name": "reading", "type": "boolean"}]
    fed.write_config()
    terminal = Terminal("run", "-c", fed.config_file)
    assert terminal.end() == 1
    left = terminal.left_lines()
    assert sum(line.startswith(f"Error: pipeline '{fed.topic}': ") for line in left) == 1
    assert left[-1] == ""


@pytest.mark.parametrize("option", [("--log-format", "json"), ("--log-level", "warn")])
def test_not_with_json_nor_where_infos_are_not_wanted(fed, option):
    terminal = Terminal("run", "-c", fed.config_file, "--once", *option)
    assert terminal.end() == 0
    assert ERASE not in terminal.bytes and b"records/s" not in terminal.bytes


def test_not_where_stderr_is_no_terminal(kafka, fed):
    """Long enough that a terminal would have seen the line."""
    process = fed.start()
    fed.wait_for_rows(5000)
    kafka.produce(fed.topic, values(1000, first=5000))
    fed.wait_for_rows(6000)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert "\x1b" not in fed.logs() and "records/s (" not in fed.logs()
