"""One consumer group, and two tables that would share its partitions."""

import pytest
from pipelines import Pipeline, stop, values, wait_for_log


@pytest.fixture
def pipelines(frazil, kafka, tmp_path):
    """make(topic, number): pipelines of one name, each in a warehouse of its own."""

    def make(topic: str, number: int, **sink) -> Pipeline:
        directory = tmp_path / str(number)
        directory.mkdir()
        return Pipeline(frazil, kafka, directory, topic, **sink)

    return make


OTHERS = ["another table", "the same name in another catalog"]


@pytest.mark.parametrize("other", OTHERS)
def test_check_sees_another_table(kafka, pipelines, other):
    topic = kafka.create_topic(partitions=4)
    kafka.produce(topic, values(400))
    one = pipelines(topic, 1)
    two = pipelines(topic, 2, table="others" if other == "another table" else "events")
    first = one.start()
    one.wait_for_rows(400)
    checked = two.frazil.run("check", "-c", two.config_file, check=False)
    assert checked.returncode == 3 and f"consumer group {topic}: in it is a process" in checked.stdout
    assert "no process of it feeds another table" in one.frazil.run("check", "-c", one.config_file).stdout
    assert stop(first) == 0, one.logs()


@pytest.mark.fault
@pytest.mark.slow  # which waits until a process that was killed would be forgotten
@pytest.mark.parametrize("other", OTHERS)
def test_another_table_is_refused(kafka, pipelines, other):
    topic = kafka.create_topic(partitions=4)
    placed = kafka.produce(topic, values(400))
    one = pipelines(topic, 1)
    two = pipelines(topic, 2, table="others" if other == "another table" else "events")
    first = one.start()
    one.wait_for_rows(400)
    refused = two.run_once(check=False)
    assert refused.returncode == 1
    assert "shares its consumer group with db.events/" in refused.stderr
    placed += kafka.produce(topic, values(400))
    one.wait_for_rows(800)
    assert stop(first) == 0, one.logs()
    one.check_exactly_once(placed)


def test_a_process_more_of_the_same_table_is_welcome(kafka, pipelines):
    topic = kafka.create_topic(partitions=4)
    placed = kafka.produce(topic, values(400))
    one = pipelines(topic, 1)
    processes = [one.start()]
    one.wait_for_rows(400)
    processes.append(one.start())
    wait_for_log(one, "reads 2 partitions")
    placed += kafka.produce(topic, values(400))
    one.wait_for_rows(800)
    assert [stop(process) for process in processes] == [0, 0], one.logs()
    one.check_exactly_once(placed)


@pytest.mark.fault
@pytest.mark.slow
def test_another_table_may_follow(kafka, pipelines):
    """The one before was killed: its place in the group is empty when its session has ended."""
    topic = kafka.create_topic(partitions=4)
    placed = kafka.produce(topic, values(400))
    one, two = pipelines(topic, 1), pipelines(topic, 2)
    first = one.start()
    one.wait_for_rows(400)
    first.kill()
    first.wait()
    two.run_once()
    two.check_exactly_once(placed)
