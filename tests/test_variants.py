"""The compiled package and the plain Python of this tree read the same."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pytest
from samples import CAPTURES, ROOT, SAMPLES

import tlsinspect
from tlsinspect import CaptureError
from tlsinspect.columns import COLUMNS
from tlsinspect.wire import record

pytestmark = pytest.mark.skipif(
    str(record.__file__).endswith(".py"),
    reason="the package under test is plain Python itself: there is no compiled one to compare with",
)

MUTATED = (
    "handshakes/tls12.pcap",
    "handshakes/tls13.pcapng",
    "handshakes/dtls12-fragments.pcap",
    "handshakes/quic-retry.pcapng",
)
MUTATIONS = 40  # of each
SEED = 20261123

READ_PURE = """
import sys
from pathlib import Path
import test_variants
assert str(test_variants.record.__file__).endswith(".py"), "not the plain Python of the tree"
source, target = map(Path, sys.argv[1:])
for path in sorted(source.rglob("*")):
    if path.is_file():
        test_variants.write_frames(path, target / path.relative_to(source))
"""


def write_frames(capture: Path, folder: Path) -> None:
    """Write every table of a capture as Arrow files into a folder, or the line that refuses it."""
    folder.mkdir(parents=True)
    try:
        inspection = tlsinspect.read(capture)
    except CaptureError as error:
        (folder / "refused").write_text(error.reason)
        return
    for table in COLUMNS:
        rows = inspection.arrow(table)
        with pa.OSFile(str(folder / table), "wb") as file, pa.ipc.new_file(file, rows.schema) as writer:
            writer.write_table(rows)


def read_frames(folder: Path) -> dict[str, object]:
    """What write_frames wrote."""
    found: dict[str, object] = {}
    for path in folder.iterdir():
        found[path.name] = path.read_text() if path.name == "refused" else pa.ipc.open_file(path).read_all()
    return found


def write_mutations(folder: Path) -> None:
    """Captures with some octets changed, or cut; the same at each run."""
    chance = random.Random(SEED)
    for sample in MUTATED:
        whole = (CAPTURES / sample).read_bytes()
        for number in range(MUTATIONS):
            data = bytearray(whole)
            for _ in range(chance.randint(1, 12)):
                data[chance.randrange(24, len(data))] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
            if number % 4 == 0:
                del data[chance.randrange(24, len(data)) :]
            (folder / f"{number:02}-{Path(sample).name}").write_bytes(data)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Captures to compare, and beside them what plain Python reads in each."""
    source, target = tmp_path_factory.mktemp("captures"), tmp_path_factory.mktemp("pure")
    for sample in SAMPLES:
        (source / sample).parent.mkdir(exist_ok=True)
        (source / sample).symlink_to(CAPTURES / sample)
    (source / "mutated").mkdir()
    write_mutations(source / "mutated")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests")))}
    command = [sys.executable, "-c", READ_PURE, str(source), str(target)]
    subprocess.run(command, env=environment, cwd=tempfile.gettempdir(), check=True, timeout=600)
    return source, target


def assert_same(capture: Path, expected: Path, folder: Path) -> None:
    write_frames(capture, folder)
    compiled, plain = read_frames(folder), read_frames(expected)
    assert compiled.keys() == plain.keys()
    for name, rows in plain.items():
        found = compiled[name]
        if isinstance(rows, pa.Table) and isinstance(found, pa.Table) and not found.equals(rows):
            assert found.to_pylist() == rows.to_pylist(), name
        assert found == rows, name


@pytest.mark.parametrize("sample", SAMPLES)
def test_both_variants_read_a_sample_alike(sample: str, folders: tuple[Path, Path], tmp_path: Path) -> None:
    source, pure = folders
    assert_same(source / sample, pure / sample, tmp_path / "frames")


@pytest.mark.parametrize("sample", MUTATED)
def test_both_variants_read_changed_octets_alike(sample: str, folders: tuple[Path, Path], tmp_path: Path) -> None:
    source, pure = folders
    captures = sorted((source / "mutated").glob(f"*-{Path(sample).name}"))
    assert len(captures) == MUTATIONS
    for capture in captures:
        assert_same(capture, pure / "mutated" / capture.name, tmp_path / capture.name)
