"""Bad records that became rows: every reader finds them, and the marks in the errors table, whose files were replaced."""

from pyiceberg.types import StringType
from readers import check_same

RECORDS = [{"id": i, "extra": f"e{i}"} if i % 3 == 0 else {"id": i} for i in range(60)]
ERRORS = """SELECT e.offset AS was_at, e.reason IS NULL AS mute, e.replayed_at IS NULL AS waits
    FROM {table} AS e ORDER BY was_at"""


def test_rows_and_marks(lake, readers):
    sink = {"on_bad_record": "errors_table", "schema_evolution": "strict", "schema": [{"name": "id", "type": "long"}]}
    lake.append("events", [{"id": -1}], **sink)
    lake.append("events", [*RECORDS, {"id": "no number"}], **sink)
    config = max(lake.directory.glob("*.yaml"), key=lambda file: file.stat().st_mtime_ns)
    with lake.load("events").update_schema() as update:
        update.add_column("extra", StringType())
    done = lake.frazil.run("replay-errors", lake.name("events"), "-c", config)
    assert "BECAME ROWS" in done.stdout

    rows = check_same(readers, lambda reader: reader.rows(lake.name("events")))
    assert rows == [{"id": -1, "extra": None}, *({"extra": None, **record} for record in RECORDS)]
    marks = check_same(readers, lambda reader: reader.query(lake.name("events__errors"), ERRORS))
    assert marks == [{"was_at": i, "mute": False, "waits": i == 60} for i in [*range(0, 60, 3), 60]]
    assert lake.load("events__errors").current_snapshot().summary.operation.value == "overwrite"
