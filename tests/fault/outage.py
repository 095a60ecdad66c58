"""The catalog is down for OUTAGE_MINUTES while OUTAGE_MEGABYTES arrive in the topic; then the oracle (make outage).

What may go wrong takes long to show: memory that grows with what waits, a membership that is lost, patience that ends.
"""

import json
import os
import time
from pathlib import Path

from pipelines import stop

MINUTES = float(os.environ.get("OUTAGE_MINUTES", "60"))
MEGABYTES = int(os.environ.get("OUTAGE_MEGABYTES", "2000"))
LIMIT, MIB = 160, 1 << 20
AT_ONCE = 10_000  # records


def records(first: int) -> list[str]:
    """Of 1 kB each; they pack badly, as in life."""
    noise = os.urandom(AT_ONCE * 450).hex()
    return [json.dumps({"id": first + i, "text": noise[i * 900:(i + 1) * 900]}) for i in range(AT_ONCE)]


def peak(process) -> int:
    status = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith("VmHWM"))


def test_outage(kafka, pipeline, settle, capsys):
    p = pipeline(kafka.create_topic(partitions=8), batch_size=1_000_000, flush_interval_secs=10)
    p.config["pipelines"][p.topic]["memory_limit_mb"] = LIMIT
    p.write_config()
    placed = kafka.produce(p.topic, records(0))
    process = p.start()
    p.wait_for_rows(len(placed), timeout=60)
    p.catalog_proxy.down()
    begin = time.monotonic()
    while len(placed) < MEGABYTES * 1000:
        placed += kafka.produce(p.topic, records(len(placed)), compression_type="none")
    filled = time.monotonic() - begin
    while time.monotonic() < begin + MINUTES * 60:
        assert process.poll() is None, p.logs()
        time.sleep(1)
    during = peak(process)
    p.catalog_proxy.up()
    back = time.monotonic()
    p.wait_for_rows(len(placed), timeout=1200)
    took = time.monotonic() - back
    most = peak(process)
    assert stop(process, 30) == 0, p.logs()
    found = settle(p, placed)
    with capsys.disabled():
        print(f"\nthe catalog was down for {MINUTES:g} minutes, {MEGABYTES} MB came within the first {filled:.0f} s; most "
              f"resident {during / MIB:.0f} MiB meanwhile, {most / MIB:.0f} MiB in all (limit {LIMIT}); all rows there "
              f"{took:.0f} s after it was back\n{found}")
    assert most <= LIMIT * MIB * 1.1
