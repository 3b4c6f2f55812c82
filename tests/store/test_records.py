"""Records of a store that somebody else made: damaged or hostile, they are one line, and nothing leaves the store."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_origin

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command_line import run
from samples import CAPTURES

import tlsinspect
from tlsinspect.errors import StoreError
from tlsinspect.store import open_store, typed
from tlsinspect.store.catalogue import Catalogue
from tlsinspect.store.place import open_place
from tlsinspect.store.records import read_plan, read_step

SAMPLE = CAPTURES / "handshakes" / "tls12.pcap"
WRONG = (None, 5, -1, 10**30, 1e400, "x", [], {}, [[]], {"x": 1}, True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of one capture."""
    store = tmp_path_factory.mktemp("made") / "store"
    tlsinspect.ingest(SAMPLE, store)
    return store


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return Path(shutil.copytree(made, tmp_path / "a" / "b" / "store"))


def places_in(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where there is a value in JSON."""
    yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from places_in(each, (*place, key))


def changed(said: Any, place: tuple[Any, ...], value: Any) -> Any:
    """JSON with another value at a place."""
    if not place:
        return value
    copy = json.loads(json.dumps(said))
    inner = copy
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    return copy


@pytest.mark.parametrize(("folder", "read"), [("plans", read_plan), ("steps", read_step)])
def test_a_record_with_a_value_of_another_type_is_read_as_damaged_or_as_if_it_were_not(
    store: Path, folder: str, read: Callable[[Any, str], Any]
) -> None:
    [path] = (store / folder).iterdir()
    said, place = json.loads(path.read_text()), open_place(store)
    for at in places_in(said):
        for value in WRONG:
            path.write_text(json.dumps(changed(said, at, value)))
            try:
                read(place, path.name)
                Catalogue(place)
            except StoreError as error:
                assert str(error).endswith("is damaged")


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "null", "[]", "{}", '{"format": 1, "tlsinspect": "0"}'])
@pytest.mark.parametrize("name", ["store.json", "plans/00000000.json", "steps/00000000-00000-00000.json"])
def test_a_record_that_cannot_be_read_is_one_line(store: Path, name: str, text: str) -> None:
    (store / name).write_text(text)
    done = run("summary", store)
    assert done.exit_code == 2
    assert done.stderr == f"tlsinspect: {store}: {name} is damaged\n"


@pytest.mark.parametrize("value", [{"connections": "x"}, {"no such limit": 1}, {"connections": -1}, 5])
def test_a_store_with_limits_that_are_none_is_damaged(store: Path, value: Any) -> None:
    path = store / "store.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "limits": value}))
    with pytest.raises(StoreError, match=r"store\.json is damaged"):
        open_store(store)


@pytest.mark.parametrize("place", [("captures", 0, "sha256"), ("damage", 0, "sha256")])
def test_a_step_that_speaks_of_a_capture_of_no_plan_is_damaged(store: Path, place: tuple[str, int, str]) -> None:
    [step] = (store / "steps").iterdir()
    said = json.loads(step.read_text())
    said["damage"] = [{"sha256": said["captures"][0]["sha256"], "error": ["pcap", "truncated", 1, "more"]}]
    said[place[0]][place[1]][place[2]] = "0" * 64
    step.write_text(json.dumps(said))
    for command in (("summary",), ("export", "--table", "problems")):
        done = run(command[0], store, *command[1:])
        assert done.exit_code == 2
        assert done.stderr.endswith(f"{step.name} is damaged: no plan has its captures\n")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("column", ["protocol", "transport", "connections", "bytes"])
def test_ports_that_lack_a_value_are_damaged(store: Path, column: str) -> None:
    for path in (store / "ports").rglob("*.parquet"):
        rows = pq.read_table(path, partitioning=None)
        pq.write_table(rows.drop_columns([column]), path)
    done = run("summary", store)
    assert done.exit_code == 2
    assert done.stderr == f"tlsinspect: {store}: the files of ports are damaged: a value is missing\n"


@pytest.mark.parametrize("column", ["connection_id", "number", "time", "packet", "sender", "record_type"])
def test_messages_that_lack_a_value_are_damaged(store: Path, column: str) -> None:
    for path in (store / "messages").rglob("*.parquet"):
        rows = pq.read_table(path, partitioning=None)
        pq.write_table(rows.drop_columns([column]), path)
    for command in (("show", store, "#1"), ("export", "--format", "eve", store)):
        done = run(*command)
        assert done.exit_code == 2
        assert done.stderr == f"tlsinspect: {store}: the files of messages are damaged: a value is missing\n"


@pytest.mark.parametrize(
    ("column", "value", "said"), [("sha256", "0" * 64, "is not in them"), ("pem", "A", "a value of pem is no base64")]
)
def test_certificates_that_were_altered_are_one_line(store: Path, column: str, value: str, said: str) -> None:
    for path in (store / "certificates").rglob("*.parquet"):
        rows = pq.read_table(path, partitioning=None)
        place = rows.column_names.index(column)
        pq.write_table(
            rows.set_column(place, rows.field(place), pa.array([value] * len(rows), rows.field(place).type)), path
        )
    for command in (("findings",), ("export", "--table", "certificates")):
        done = run(command[0], store, *command[1:])
        assert done.exit_code == 2, done.output
        assert "the files of certificates are damaged: " in done.stderr and said in done.stderr
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("day", ["0001-01-01", "1677-09-21", "2262-04-11", "9999-12-31"])
def test_days_at_whose_ends_no_time_can_be_are_read(store: Path, day: str) -> None:
    [step] = (store / "steps").iterdir()
    step.write_text(re.sub(r'"\d{4}-\d\d-\d\d"', f'"{day}"', step.read_text()))
    assert open_store(store).days()[0].isoformat() == day
    done = run("summary", store)
    assert done.exit_code == 0 and "1 connection, 1 with TLS" in done.stdout


@pytest.mark.parametrize("column", ["look_circumstances", "look_agreed", "look_offered"])
@pytest.mark.parametrize("text", ["", "[" * 100_000, "5", "[]", "[[" + "[]," * 30 + "{}]]", '"' + "x" * 30 + '"'])
def test_looks_that_were_altered_are_one_line(store: Path, tmp_path: Path, column: str, text: str) -> None:
    for path in (store / "connections").rglob("*.parquet"):
        rows = pq.read_table(path, partitioning=None)
        place = rows.column_names.index(column)
        field = rows.schema.field(place)
        pq.write_table(rows.set_column(place, field, pa.array([text] * len(rows)).cast(field.type)), path)
    done = run("adoption", store, "-o", tmp_path / "adoption")
    assert done.exit_code == 2
    assert done.stderr == f"tlsinspect: a file of the store: is damaged: a text in {column} says nothing\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
@pytest.mark.parametrize("pattern", ["plans/*", "steps/*", "connections/*/*"])
def test_no_pipe_of_a_stranger_s_store_is_waited_for(store: Path, pattern: str) -> None:
    [path] = store.glob(pattern)
    path.unlink()
    os.mkfifo(path)
    done = run("summary", store)
    assert done.exit_code == 2
    assert done.stderr == f"tlsinspect: {store}: {path.relative_to(store)} is no regular file\n"


@pytest.mark.parametrize("path", ["../../secret.parquet", "/etc/passwd", "connections/../../secret.parquet", "", "a/"])
def test_no_name_in_a_record_leads_out_of_the_store(store: Path, tmp_path: Path, path: str) -> None:
    (tmp_path / "a" / "secret.parquet").write_text("something")
    [step] = (store / "steps").iterdir()
    said = json.loads(step.read_text())
    said["parts"].append(["connections", "2026-11-23", path, 1])
    step.write_text(json.dumps(said))
    done = run("case", "new", tmp_path / "case", store)
    assert done.exit_code == 2
    assert f"{step.name} is damaged" in done.stderr
    assert [each.name for each in tmp_path.rglob("secret.parquet")] == ["secret.parquet"]


@pytest.mark.parametrize("damage", [lambda octets: b"", lambda octets: octets[:-30], lambda octets: None])
@pytest.mark.parametrize(
    "command",
    [
        ("summary",), ("export",), ("export", "--table", "chains"), ("export", "--table", "messages", "-o", "x.csv"),
        ("names", "--where", "version == 0x0303"), ("export", "--where", "server_port == 443"), ("show", "1"),
        ("adoption", "-o", "x"), ("sql",), ("export", "--table", "certificates"), ("export", "--format", "eve"),
    ],
)  # fmt: skip
def test_files_that_are_gone_or_damaged_are_one_line(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...],
    damage: Callable[[bytes], bytes | None],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    for path in store.rglob("*.parquet"):
        left = damage(path.read_bytes())
        path.unlink() if left is None else path.write_bytes(left)
    name, *options = command
    done = run(name, store, *(["select count(distinct issuer) from certificates"] if name == "sql" else options))
    assert done.exit_code == 2, done.output
    [line] = done.stderr.splitlines()
    assert "cannot be read: " in line or name == "sql"
    assert "cannot be written" not in line


@pytest.mark.parametrize("folder", ["plans", "steps"])
def test_records_that_may_not_be_listed_are_one_line(store: Path, monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    real = os.scandir

    def refuse(path: os.PathLike[str]) -> Any:  # as the system does, but not to root
        if Path(path).name == folder:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(StoreError, match=f"{folder}: permission denied"):
        open_store(store)
    with pytest.raises(StoreError, match="permission denied"):
        tlsinspect.ingest(SAMPLE, store)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_store_whose_path_is_not_utf_8_is_refused_before_it_is_made(tmp_path: Path, store: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/year\xff"))
    with pytest.raises(StoreError, match="has to be UTF-8") as raised:
        tlsinspect.ingest(SAMPLE, path)
    assert not path.exists() and str(raised.value).isprintable()
    store.rename(path)
    with pytest.raises(StoreError, match="has to be UTF-8"):
        open_store(path)


def test_a_type_is_looked_at_once_however_many_records_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[Any] = []
    monkeypatch.setattr(typed, "get_origin", lambda kind: looked.append(kind) or get_origin(kind))
    said = [[f"day={number}", number, None] for number in range(50)]
    assert typed.build(tuple[tuple[str, int, str | None], ...], said) == tuple(map(tuple, said))
    assert len(looked) < 10
    with pytest.raises(ValueError, match="not of the type <class 'int'>"):
        typed.build(tuple[tuple[str, int, str | None], ...], [*said, ["day", "50", None]])
