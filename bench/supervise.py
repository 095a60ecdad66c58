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
    started = time.monotonic()
    process = subprocess.Popen(command)
    signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGTERM))
    ended = code = None
    while True:
        try:
            pid, status = os.wait()
        except ChildProcessError:
            break
        if pid == process.pid:
            ended = time.monotonic()
            code = process.returncode = os.waitstatus_to_exitcode(status)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    with open(report, "w") as out:
        json.dump({"started": started, "ended": ended, "code": code, "cpu": usage.ru_utime + usage.ru_stime,
                   "peak": usage.ru_maxrss * 1024}, out)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
