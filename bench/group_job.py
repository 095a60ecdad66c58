"""group_job.py COMMAND PROCESSES SECONDS: runs the command in so many processes at once until SIGTERM. Unless SECONDS is
0, one more starts and, so many seconds later, is stopped in order, again and again: each time a rebalance or two."""

import shlex
import signal
import subprocess
import sys
import threading

over = threading.Event()


def stop(processes: list[subprocess.Popen]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait()


def main(command: list[str], count: int, seconds: float) -> int:
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    members = [subprocess.Popen(command) for _ in range(count)]
    while not over.wait(seconds or 1):
        if ended := [member for member in members if member.poll() is not None]:
            stop(members)
            return ended[0].returncode or 1
        if seconds:
            guest = subprocess.Popen(command)
            over.wait(seconds)
            stop([guest])
    stop(members)
    return max(member.returncode for member in members)


if __name__ == "__main__":
    sys.exit(main(shlex.split(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
