"""After a power cut everything is there of which the store had said so, whatever the disk forgot of the rest."""

from pathlib import Path
from random import Random

import pytest

from tests.powerloss.checking import check, cuts
from tests.powerloss.disk import DISKS, Disk, Folder
from tests.powerloss.recording import COMPILER, Record, build, record

WORK = "tests.powerloss.work"
SEED, STEPS, CUTS = 11, 45, 14

needs_compiler = pytest.mark.skipif(COMPILER is None, reason="a C compiler builds the recorder: there is no gcc here")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> tuple[list[Record], Path]:
    folder = tmp_path_factory.mktemp("recorded")
    return record(build(folder), folder / "base", WORK, str(SEED), str(STEPS)), folder / "base"


@needs_compiler
@pytest.mark.parametrize("disk", DISKS)
async def test_what_the_store_said_is_there_after_a_power_cut(recorded, tmp_path, disk):
    records, base = recorded
    places = cuts(records, Random(f"{SEED} {disk}"), CUTS)
    assert await check(records, base, tmp_path / "left", places, Random(SEED), [disk]) == []


@needs_compiler
async def test_a_store_that_does_not_wait_for_the_disk_is_found_out(recorded, tmp_path):
    """The check itself is checked: without what `fsync` of folders or of files kept, something is missing."""
    records, base = recorded
    for left_out in (
        lambda it: it.path.name in ("pictures", "inputs", "store"),
        lambda it: it.path.name.startswith("jobs.sqlite3"),
        lambda it: it.path.suffix == ".part",
    ):
        hasty = [it for it in records if not (it.op == "sync" and left_out(it))]
        assert await check(hasty, base, tmp_path / "left", [len(hasty) - 1], Random(SEED), ["forgetful"])


@needs_compiler
def test_everything_that_changes_the_disk_is_recorded(recorded, tmp_path):
    records, base = recorded
    disk = Disk(base)
    for each in records:
        disk.replay(each)
    disk.cut_off(tmp_path / "left", "faithful", Random(0))

    def content(root: Path) -> dict[str, bytes]:
        files = (path for path in root.rglob("*") if path.is_file() and path.suffix != ".sqlite3-shm")
        return {str(path.relative_to(root)): path.read_bytes() for path in files}

    assert content(tmp_path / "left") == content(base)


def asked(*records: tuple[str, int, str, bytes]) -> Disk:
    disk = Disk(Path("/b"), 1)
    for op, inode, path, data in records:
        one, _, two = path.partition(" ")
        disk.replay(Record(op, inode, 0, Path(one), Path(two) if two else None, data))
    return disk


def test_a_forgetful_disk_keeps_what_it_was_told_to(tmp_path):
    written = [("create", 2, "/b/part", b""), ("write", 2, "/b/part", b"whole"), ("sync", 2, "/b/part", b"")]
    renamed = [*written, ("rename", 2, "/b/part /b/name", b"")]
    left = {"nothing": written, "still nothing": renamed, "it": [*renamed, ("sync", 1, "/b", b"")]}
    for name, records in left.items():
        asked(*records).cut_off(tmp_path / name, "forgetful", Random(0))
    assert {path.name: [file.name for file in path.iterdir()] for path in tmp_path.iterdir()} == {
        "nothing": [],
        "still nothing": [],
        "it": ["name"],
    }
    assert (tmp_path / "it" / "name").read_bytes() == b"whole"


def test_a_fickle_disk_tears_writes_and_keeps_a_folder_s_changes_in_order():
    disk = asked(*[("create", number, f"/b/{number}", b"") for number in range(2, 12)])
    kept = [sorted(disk.root.cut_off("fickle", Random(seed)), key=int) for seed in range(20)]
    assert all(names == [str(number) for number in range(2, 2 + len(names))] for names in kept)
    assert len({len(names) for names in kept}) > 3
    torn = asked(("create", 2, "/b/f", b""), ("sync", 1, "/b", b""), ("write", 2, "/b/f", b"x" * 5120))
    root = torn.root
    assert isinstance(root, Folder)
    contents = {root.kept["f"].cut_off("fickle", Random(seed)) for seed in range(20)}
    assert len(contents) > 10
