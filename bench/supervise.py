"""supervise.py REPORT COMMAND...: runs the command and waits for it and all that it leaves behind.

What its processes start and do not wait for becomes this process's child, so the kernel's own sums of CPU time lose
nothing. Writes {"started", "ended", "code", "cpu", "peak"}: when the command did, by the machine's monotonic clock; its
exit code; CPU seconds of the whole tree; peak resident bytes of the largest process in it. SIGTERM goes on to the
command.
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36


def main(report: str, command: list[str]) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")
    command_pid = ended = code = None
    asked_to_end = False

    def end(*_) -> None:
        nonlocal asked_to_end
        asked_to_end = True
        if command_pid is not None and code is None:
            os.kill(command_pid, signal.SIGTERM)

    signal.signal(signal.SIGTERM, end)
    started = time.monotonic()
    process = subprocess.Popen(command)  # not asked for its end: os.wait() below is told
    command_pid = process.pid
    if asked_to_end:  # before there was anything to pass it on to
        end()
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            break
        if pid == command_pid:
            ended = time.monotonic()
            code = process.returncode = os.waitstatus_to_exitcode(status)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(report, "w") as out:
        json.dump({"started": started, "ended": ended, "code": code, "cpu": usage.ru_utime + usage.ru_stime,
                   "peak": usage.ru_maxrss * 1024}, out)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
