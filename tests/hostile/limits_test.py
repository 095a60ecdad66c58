"""Little of what the machine gives: threads, descriptors, address space.

Whatever there is, a run ends by itself: done, or with an error that says what was missing. It neither crashes nor hangs,
and once there is enough again nothing is lost or doubled. Threads are taken away by a preloaded library, since the
system's own limit means nothing to root.
"""

import resource
import shutil
import subprocess
from pathlib import Path

import pytest
from pipelines import Pipeline, stop, values, wait_for_log

WITHIN = 120  # seconds; more than a question to a cluster takes that nobody answers
RECORDS = 2000
SAYS_WHY = ("thread", "descriptor", "memory", "open files", "open file", "cannot allocate", "address space",
            "unable to open", "loading shared libraries", "Resource temporarily unavailable")


@pytest.fixture(scope="session")
def few_threads(tmp_path_factory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if not compiler:
        pytest.skip("there is no C compiler")
    library = tmp_path_factory.mktemp("preload") / "few_threads.so"
    source = Path(__file__).parent / "few_threads.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.fixture
def fed(frazil, kafka, tmp_path):
    topic = kafka.create_topic(partitions=4)
    kafka.produce(topic, values(RECORDS))
    return Pipeline(frazil, kafka, tmp_path, topic, partitioning="identity", partition_fields=["name"])


def run_with_little(p: Pipeline, limit: int | None, amount: int, env: dict[str, str] | None = None) -> int:
    """The exit code of a run that may fail, and then says what it lacks."""
    def lower():
        if limit is not None:
            resource.setrlimit(limit, (amount, amount))
    process = p.frazil.start("run", "-c", p.config_file, "--once", env=env, preexec_fn=lower)
    try:
        _, log = process.communicate(timeout=WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail(f"with {amount} it hangs:\n{process.communicate()[1][-2000:]}", pytrace=False)
    code = process.returncode
    assert code in (0, 1, 127), f"with {amount} it ended with {code}:\n{log[-2000:]}"
    if code == 1:
        last = log.strip().splitlines()[-1]
        assert "Error: " in log and any(word in log for word in SAYS_WHY), f"with {amount}: {last}"
    return code


def few(library: Path, threads: int) -> dict[str, str]:
    return {"LD_PRELOAD": str(library), "FEW_THREADS": str(threads)}


def check(p: Pipeline, amounts, limit: int | None = None, env=lambda amount: None) -> None:
    codes = {amount: run_with_little(p, limit, amount, env(amount)) for amount in amounts}
    assert codes[max(amounts)] == 0, f"nothing is wrong with the largest: {codes}"
    assert codes[min(amounts)] != 0, f"nothing is missing with the smallest: {codes}"
    p.run_once()
    assert p.rows().num_rows == RECORDS
    assert len(p.positions()) == RECORDS


def test_few_threads(fed, few_threads):
    check(fed, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 32],
          env=lambda amount: few(few_threads, amount))


def test_few_descriptors(fed):
    check(fed, [5, 8, 12, 16, 20, 24, 28, 32, 36, 40, 48, 56, 64, 128], limit=resource.RLIMIT_NOFILE)


def test_little_address_space(fed):
    check(fed, [mebibytes << 20 for mebibytes in (150, 180, 200, 220, 240, 260, 280, 300, 350, 400, 500, 700, 4000)],
          limit=resource.RLIMIT_AS)


def test_few_threads_for_storage(frazil, kafka, minio, tmp_path, few_threads):
    """S3's library makes its threads when it is first needed."""
    topic = kafka.create_topic()
    kafka.produce(topic, values(RECORDS))
    keys = minio.environment()
    s3 = {"endpoint": minio.address, "region": keys["AWS_REGION"], "path_style_access": True,
          "access_key_id": keys["AWS_ACCESS_KEY_ID"], "secret_access_key": keys["AWS_SECRET_ACCESS_KEY"]}
    p = Pipeline(frazil, kafka, tmp_path, topic, s3=s3)
    p.sink["catalog"]["sql"]["warehouse"] = f"s3://warehouse/{topic}"
    p.write_config()
    codes = {amount: run_with_little(p, None, amount, few(few_threads, amount)) for amount in (1, 2, 4, 6, 8, 12, 16, 48)}
    assert codes[48] == 0, codes


def test_a_run_that_has_just_enough_hears_the_signal(fed):
    process = fed.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
    wait_for_log(fed, "committed")
    assert stop(process) == 0
