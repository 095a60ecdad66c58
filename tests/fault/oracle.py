"""What must hold of a table whatever happened while it was written, told by PyIceberg and the object store."""

from collections import Counter

from pipelines import check_positions


def check(p, expected, foreign: int = 0) -> str:
    """Fails unless every (partition, offset) of `expected` is in the table once and nothing else is, `foreign` rows
    without a position excepted; every file that the table refers to is there, with its size, and none twice; and
    `frazil verify` finds the same. Returns a sentence of what there is."""
    found = p.positions()
    strangers = found.pop((None, None), 0)
    check_positions(found, set(expected))
    assert strangers == foreign, f"{strangers} rows of others, there should be {foreign}"
    table = p.table()
    files = check_files(table)
    done = p.frazil.run("verify", "-c", p.config_file, check=False)
    assert done.returncode == 0, f"frazil verify ends with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return f"{len(set(expected))} records once each, in {files} files of {commits(table)} commits"


def check_files(table) -> int:
    """Of the current snapshot: manifest list, manifests, data files. How many data files there are."""
    snapshot = table.current_snapshot()
    table.io.new_input(snapshot.manifest_list).open().close()
    manifests = snapshot.manifests(table.io)
    data = [entry.data_file for manifest in manifests for entry in manifest.fetch_manifest_entry(table.io)]
    for path, size in [(manifest.manifest_path, manifest.manifest_length) for manifest in manifests] + [
            (file.file_path, file.file_size_in_bytes) for file in data]:
        there = len(table.io.new_input(path))
        assert there == size, f"{path} has {there} bytes, the table says {size}"
    twice = [path for path, count in Counter(file.file_path for file in data).items() if count > 1]
    assert not twice, f"referenced twice: {twice}"
    return len(data)


def commits(table) -> int:
    return sum("frazil.pipeline" in snapshot.summary.additional_properties for snapshot in table.snapshots())
