"""A case: kept, moved, repeated, and everything that somebody changed in it named."""

from __future__ import annotations

import gzip
import json
import os
import shutil
from collections.abc import Callable
from errno import ENOSPC
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import click
import pytest
from command_line import run
from samples import CAPTURES

import tlsinspect
from tlsinspect.case import Case, add_inputs, add_note, create_case, open_case, verify_case
from tlsinspect.case.hashes import hash_file
from tlsinspect.case.inputs import read_input
from tlsinspect.case.log import append_entry, entry_line
from tlsinspect.case.run import NOT_REPEATED, WRITING, own_words
from tlsinspect.cli import main
from tlsinspect.errors import CaptureError, CaseError

SAMPLE = CAPTURES / "handshakes" / "tls10.pcap"
OTHER = CAPTURES / "handshakes" / "tls12.pcap"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with a run and a note, made as a person makes it."""
    folder = tmp_path_factory.mktemp("case") / "march"
    made = run("case", "new", folder, SAMPLE, "--by", "A. Analyst")
    assert made.exit_code == 0 and "capture tls10.pcap, " in made.stdout
    words = ["export", "--table", "findings", "--format", "jsonl"]
    done = run("case", "run", folder, "--", *words)
    assert done.exit_code == 0 and '"id": "VER-04"' in done.stdout
    assert "entry 3: outputs/0003-export, 1 file\n" in done.stderr
    assert run("case", "note", folder, "a test client\nsaid on the phone").exit_code == 0
    return folder


@pytest.fixture
def copy(kept: Path, tmp_path: Path) -> Path:
    """The same case, at another place."""
    return Path(shutil.copytree(kept, tmp_path / "moved"))


def wrong_with(case: Path, *options: str) -> list[str]:
    """What a verification by hashes finds wrong."""
    done = run("case", "verify", case, "--no-repeat", *options)
    wrong = [line.removeprefix("FAIL  ") for line in done.stdout.splitlines() if line.startswith("FAIL  ")]
    assert done.exit_code == bool(wrong)
    return wrong


def test_a_case_that_was_moved_gives_the_same_again(copy: Path) -> None:
    done = run("case", "verify", copy, "--seal", open_case(copy).seal[:12])
    assert done.exit_code == 0, done.stdout
    assert "run 3 repeated: export --processes 1 inputs/tls10.pcap --table findings --format jsonl: 1 output" in (
        done.stdout
    )
    assert done.stdout.endswith("checks hold\n")
    assert sorted(path.name for path in copy.iterdir()) == ["case.jsonl", "inputs", "outputs"]


def test_a_case_tells_what_was_done(kept: Path) -> None:
    shown = run("case", "show", kept).stdout
    assert "Case march: 1 input, 1 run\n" in shown
    assert "by A. Analyst  capture tls10.pcap" in shown
    assert "tlsinspect export --processes 1 inputs/tls10.pcap --table findings" in shown
    assert "note: a test client\n      said on the phone\n" in shown
    assert f"Seal {open_case(kept).seal}\n" in shown
    versions = open_case(kept).runs[0].versions
    assert versions["tlsinspect"].startswith(f"{tlsinspect.__version__} (") and {"pyarrow", "python"} <= set(versions)


def alter(name: str) -> Callable[[Path], None]:
    """Change a file by one octet at its end."""

    def change(case: Path) -> None:
        path = case / name
        octets = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(octets[:-2] + bytes([octets[-2] ^ 1]) + octets[-1:])

    return change


def put_behind_link(name: str) -> Callable[[Path], None]:
    """Put a file or folder elsewhere, with the octets that it has, and a link to it in its place."""

    def change(case: Path) -> None:
        (case / name).rename(case.parent / "elsewhere")
        (case / name).symlink_to(case.parent / "elsewhere")

    return change


def rewrite_note(case: Path) -> None:
    """Change a note, and give it the hash that then belongs to it."""
    lines = (case / "case.jsonl").read_text().splitlines()
    content = json.loads(lines[1]) | {"size": 1}
    del content["sha256"]
    lines[1] = entry_line(content)
    (case / "case.jsonl").write_text("\n".join(lines) + "\n")


def drop_run(case: Path) -> None:
    """Take an entry out of the log."""
    lines = (case / "case.jsonl").read_text().splitlines(keepends=True)
    (case / "case.jsonl").write_text("".join(lines[:2] + lines[3:]))


@pytest.mark.parametrize(
    ("tamper", "named"),
    [
        (alter("inputs/tls10.pcap"), ["input tls10.pcap: was altered"]),
        (alter("outputs/0003-export/stdout.txt"), ["output outputs/0003-export/stdout.txt: was altered"]),
        (lambda case: (case / "outputs/0003-export/stdout.txt").unlink(),
         ["output outputs/0003-export/stdout.txt: cannot be read: no such file"]),
        (lambda case: (case / "outputs/0003-export/more").touch(), ["outputs/0003-export/more: is in no entry"]),
        (lambda case: (case / "inputs/more").symlink_to("/nowhere"), ["inputs/more: is a link"]),
        (lambda case: (case / "outputs/more").symlink_to(case), ["outputs/more: is a link"]),
        (put_behind_link("inputs/tls10.pcap"), ["inputs/tls10.pcap: is a link"]),
        (put_behind_link("outputs"), ["outputs: is a link"]),
        (alter("case.jsonl"), ["entry 4: cannot be read"]),
        (rewrite_note, ["entry 3: (run of "]),
        (drop_run, ["entry 4: (note of ", "outputs/0003-export/stdout.txt: is in no entry"]),
    ],
)  # fmt: skip
def test_what_was_tampered_with_is_named_and_nothing_else(
    tamper: Callable[[Path], object], named: list[str], copy: Path
) -> None:
    assert wrong_with(copy) == []
    tamper(copy)
    wrong = wrong_with(copy)
    assert len(wrong) == len(named)
    assert all(line.startswith(start) for line, start in zip(wrong, named, strict=True)), wrong


def test_a_log_that_was_rewritten_whole_does_not_have_the_seal(copy: Path) -> None:
    seal = open_case(copy).seal
    lines = (copy / "case.jsonl").read_text().splitlines(keepends=True)
    (copy / "case.jsonl").write_text("".join(lines[:3]))
    assert wrong_with(copy) == []
    assert wrong_with(copy, "--seal", seal) == ["the seal given: is that of no entry in this log"]
    run("case", "note", copy, "later")
    assert (
        "others were added since"
        in run("case", "verify", copy, "--no-repeat", "--seal", open_case(copy).entries[2].sha256).stdout
    )


def test_nothing_is_added_to_a_log_that_is_not_whole(copy: Path) -> None:
    rewrite_note(copy)
    done = run("case", "note", copy, "more")
    assert done.exit_code == 2 and "entry 3 does not follow the entry before it" in done.stderr


def test_a_log_whose_last_line_does_not_end_is_gone_on_with_in_a_line_of_its_own(copy: Path) -> None:
    log = copy / "case.jsonl"
    log.write_bytes(log.read_bytes().rstrip(b"\n"))
    before = len(open_case(copy).entries)
    assert run("case", "note", copy, "more").exit_code == 0
    entries = open_case(copy).entries
    assert [entry.fault for entry in entries] == [""] * (before + 1)


def set_words(case: Path, words: list[str]) -> None:
    """Write another command into the last entry but one, with the hash that then belongs to it."""
    lines = (case / "case.jsonl").read_text().splitlines()
    content = json.loads(lines[2]) | {"words": words}
    del content["sha256"]
    (case / "case.jsonl").write_text("\n".join([*lines[:2], entry_line(content)]) + "\n")


def test_an_output_that_comes_out_different_is_named_with_its_line(copy: Path) -> None:
    set_words(copy, ["limits"])
    wrong = [check for check in verify_case(open_case(copy)) if not check.holds]
    assert [check.subject for check in wrong] == ["run 3 repeated"]
    assert wrong[0].found.startswith("stdout.txt came out different, from line 1 on")


@pytest.mark.parametrize(
    "words",
    [
        ["export", "-o/etc/passwd"],
        ["case", "verify", "inputs"],
        ["limits", "../x"],
        ["summary", "s3://bucket/store"],
        ["summary", "file:///store"],
        ["ingest", "inputs/tls10.pcap", "--store", "x"],
        ["watch", "inputs", "--store", "x"],
        ["live", "-i", "lo", "-o", "x"],
        ["--", "ingest", "inputs/tls10.pcap", "--store", "x"],
    ],
)
def test_a_log_from_a_stranger_runs_nothing_that_leads_out_of_the_case(copy: Path, words: list[str]) -> None:
    set_words(copy, words)
    done = run("case", "verify", copy)
    assert done.exit_code == 1
    assert "leads out of the case" in done.stdout or "is no command that can be run in a case" in done.stdout


@pytest.mark.parametrize("word", ["a\0b", "\ud800", "x" * 200_000])
def test_a_log_from_a_stranger_has_no_words_that_end_a_verification(copy: Path, word: str) -> None:
    set_words(copy, ["export", "inputs/tls10.pcap", "-o", word])
    append(copy, "run", words=["summary", "inputs/tls10.pcap"], status=0, folder="f", outputs={}, versions={})
    done = run("case", "verify", copy)
    assert done.exit_code == 1
    assert "FAIL  run 3 repeated: export: cannot be run with these words: " in done.stdout
    assert "FAIL  run 4 repeated: " in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ["export", "inputs/tls10.pcap", "-o", "inputs/profile"],
        ["export", "inputs/tls10.pcap", "-oinputs/profile"],
        ["export", "inputs/tls10.pcap", "--output=./inputs//profile"],
        ["export", "inputs/tls10.pcap", "--output", "./inputs/profile"],
        ["export", "inputs/tls10.pcap", "--format", "zeek", "-o", "INPUTS"],
        ["extract", "inputs/tls10.pcap", "--finding", "VER-04", "--certificates", "inputs/profile"],
        ["check", "inputs/tls10.pcap", "--policy", "bcp195", "--write-baseline", "inputs/profile"],
    ],
)
def test_a_log_from_a_stranger_writes_to_no_file_that_it_refers_to(
    copy: Path, tmp_path: Path, words: list[str]
) -> None:
    profile = tmp_path / "profile"
    profile.write_text("as it was\n")
    add_inputs(open_case(copy), [profile], reference=True)
    set_words(copy, words)
    done = run("case", "verify", copy)
    assert "no run writes there" in done.stdout
    assert profile.read_text() == "as it was\n"


def test_every_option_that_names_what_a_command_writes_is_known_to_cases() -> None:
    reading = {
        "--policy", "--baseline", "--trust", "--trust-only", "--ct-logs", "--indicators", "--zeek", "--eve",
        "--anonymise",
    }  # fmt: skip
    naming = {
        option
        for name, command in main.commands.items()
        if name not in NOT_REPEATED
        for parameter in command.params
        if isinstance(parameter.type, click.Path) or parameter.metavar in ("FILE", "PATH", "DIR")
        for option in parameter.opts
        if option.startswith("-")
    }
    assert naming - reading == WRITING


def append(case: Path, kind: str, **facts: object) -> None:
    """Write an entry as a stranger may: whatever it says, its hash is right."""
    append_entry(case, kind, facts, "")


def wrong_input(case: Path, **facts: object) -> list[str]:
    """What a verification says of an input of which a stranger's log says this."""
    append(case, "input", **{"name": "x", "sha256_of": "0" * 64, "size": 1, "capture": False, **facts})
    return [line for line in wrong_with(case) if line.startswith("input x")]


def test_a_log_from_a_stranger_has_no_pipe_or_device_read(copy: Path) -> None:
    os.mkfifo(copy / "pipe")
    assert wrong_input(copy, location="pipe") == ["input x: is no regular file"]
    assert wrong_input(copy, location="../../../../../../../../dev/zero")[1:] == ["input x: is no regular file"]
    assert wrong_input(copy, location="a\0b")[2:] == ["input x: cannot be read: embedded null byte"]


def test_a_log_that_is_a_pipe_or_a_link_is_none(copy: Path) -> None:
    (copy / "case.jsonl").rename(copy / "other.jsonl")
    os.mkfifo(copy / "case.jsonl")
    for command in ("show", "verify", "note"):
        done = run("case", command, copy, *(["x"] if command == "note" else []))
        assert done.exit_code == 2
        assert done.stderr.endswith("is no case: case.jsonl: is no regular file\n")
        (copy / "case.jsonl").unlink()
        (copy / "case.jsonl").symlink_to("other.jsonl")


@pytest.mark.parametrize("name", ["inputs", "outputs"])
def test_nothing_is_written_where_a_link_leads_out_of_the_case(copy: Path, tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    (copy / name).rename(elsewhere)
    (copy / name).symlink_to(elsewhere)
    before = sorted(elsewhere.rglob("*")), (copy / "case.jsonl").read_text()
    for words in (["add", copy, OTHER], ["run", copy, "--", "summary"], ["note", copy, "x"]):
        done = run("case", *words)
        assert done.exit_code == 2
        assert "is a link: a case has its files in itself; nothing is added" in done.stderr
    assert before == (sorted(elsewhere.rglob("*")), (copy / "case.jsonl").read_text())


def test_a_file_of_a_store_that_is_a_link_to_elsewhere_is_not_copied(tmp_path: Path) -> None:
    store, secret = tmp_path / "store", tmp_path / "secret"
    tlsinspect.ingest(SAMPLE, store)
    secret.write_text("a key")
    [step] = (store / "steps").iterdir()
    said = json.loads(step.read_text())
    said["parts"].append(["more", "2026-11-23", "more/day=2026-11-23/more.parquet", 0])
    step.write_text(json.dumps(said))
    planted = store / "more" / "day=2026-11-23" / "more.parquet"
    planted.parent.mkdir(parents=True)
    planted.symlink_to(secret)
    with pytest.raises(CaseError, match="is behind a link that leads out of the store"):
        create_case(tmp_path / "case", [store])
    assert not (tmp_path / "case").exists()
    planted.unlink()
    planted.symlink_to(next((store / "ports").rglob("*.parquet")))
    (tmp_path / "other").symlink_to(store)
    assert create_case(tmp_path / "case", [tmp_path / "other"]).inputs[0].name == "other"


def test_no_url_is_asked_for_that_a_store_in_a_case_names(tmp_path: Path) -> None:
    store, asked = tmp_path / "store", []
    tlsinspect.ingest(SAMPLE, store)
    [plan] = (store / "plans").iterdir()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def do_GET(self) -> None:
            self.do_HEAD()

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        said = json.loads(plan.read_text())
        said["captures"][0]["path"] = f"http://127.0.0.1:{server.server_port}/x.pcap"
        plan.write_text(json.dumps(said))
        case = create_case(tmp_path / "case", [store])
        words = ["extract", "inputs/store", "--where", "true", "-o", "x.pcapng"]
        append(case.directory, "run", words=words, status=0, folder="outputs/0003-extract", outputs={}, versions={})
        done = run("case", "verify", case.directory)
        server.shutdown()
    assert "run 3 repeated: exit status " in done.stdout
    assert asked == []


@pytest.mark.parametrize(("kind", "facts"), [("run", {"words": ["summary"]}), ("input", {"name": "x"})])
def test_an_entry_that_says_nothing_is_named(copy: Path, kind: str, facts: dict[str, object]) -> None:
    append(copy, kind, **facts)
    [wrong] = wrong_with(copy)
    assert wrong.startswith(f"entry 5: ({kind} of ") and wrong.endswith(") says nothing that can be looked at")


def test_two_inputs_of_one_name_in_a_stranger_s_log_are_said_in_a_line(copy: Path) -> None:
    known = open_case(copy).inputs[0]
    append(copy, "input", name=known.name, sha256_of=known.sha256, size=1, capture=True, location=known.location)
    done = run("case", "verify", copy)
    assert done.exit_code == 1
    assert "run 3 repeated: tls10.pcap: cannot be given to a run: file exists" in done.stdout


@pytest.mark.parametrize(
    "line", ['{"number":Infinity,"kind":"note","time":"x","sha256":"0"}', '{"sha256":' + "[" * 5000 + "]" * 5000 + "}"]
)
def test_a_line_of_the_log_that_cannot_be_understood_is_a_fault_of_its_own(copy: Path, line: str) -> None:
    with (copy / "case.jsonl").open("a") as log:
        log.write(line + "\n")
    assert wrong_with(copy) == ["entry 5: cannot be read"]


def words(case: Case, *given: str) -> list[str]:
    return own_words(case, given, True)


def test_words_that_name_inputs_mean_the_files_of_the_case(tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text("www.example\n")
    case = create_case(tmp_path / "case", [SAMPLE, OTHER])
    case = add_inputs(case, [listed, SAMPLE])
    assert [each.name for each in case.inputs] == ["tls10.pcap", "tls12.pcap", "list.txt"]
    assert words(case, "findings", "--indicators", "list.txt") == [
        "findings", "--processes", "1", "inputs/tls10.pcap", "inputs/tls12.pcap", "--indicators", "inputs/list.txt",
    ]  # fmt: skip
    assert words(case, "show", "tls12.pcap", "--processes=2", "4") == [
        "show",
        "inputs/tls12.pcap",
        "--processes=2",
        "4",
    ]
    for path in ("/etc/passwd", "--output=../x", "-o/etc/passwd", "a/../../x"):
        with pytest.raises(CaseError, match="leads out of the case"):
            words(case, "report", path)


def test_two_inputs_of_one_name_are_told_apart_and_one_may_stay_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    shutil.copy(OTHER, tmp_path / "other" / "-tls10.pcap")
    case = create_case(tmp_path / "case", [SAMPLE])
    case = add_inputs(case, [tmp_path / "other"], reference=True)
    assert case.inputs[1].name == f"{case.inputs[1].sha256[:8]}-tls10.pcap"
    assert case.inputs[1].location == "../other/-tls10.pcap"
    shutil.move(tmp_path / "case", tmp_path / "moved")
    assert wrong_with(tmp_path / "moved") == []
    (tmp_path / "other" / "-tls10.pcap").unlink()
    assert [line.partition(":")[0] for line in wrong_with(tmp_path / "moved")] == [f"input {case.inputs[1].name}"]


def test_what_of_a_folder_is_damaged_at_its_start_is_kept_and_no_run_stumbles_over_it(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "damaged.pcap.gz").write_bytes(gzip.compress(SAMPLE.read_bytes())[:12])
    with pytest.raises(CaptureError, match="damaged at its start"):
        create_case(tmp_path / "none", [folder])
    (folder / "notes.txt").write_text("no capture")
    (folder / "whole.pcap").write_bytes(SAMPLE.read_bytes())
    case = create_case(tmp_path / "case", [folder])
    assert [(each.name, each.capture) for each in case.inputs] == [("damaged.pcap.gz", False), ("whole.pcap", True)]
    assert run("case", "run", tmp_path / "case", "--", "summary").exit_code == 0


def test_what_may_hide_a_capture_in_a_folder_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "hidden.pcap.lz4").write_bytes(bytes.fromhex("04224d18") + bytes(20))
    with pytest.raises(CaptureError, match="compressed with lz4"):
        create_case(tmp_path / "none", [folder])
    (folder / "notes.txt").write_text("no capture")
    (folder / "whole.pcap").write_bytes(SAMPLE.read_bytes())
    said = f"warning: {folder}/hidden.pcap.lz4: compressed with lz4: decompress it first; it is passed over"
    for command in ("new", "add"):
        done = run("case", command, tmp_path / "case", folder)
        assert done.exit_code == 0 and done.stderr.count(said) == 1, done.output
        assert "notes" not in done.stderr
    assert [each.name for each in open_case(tmp_path / "case").inputs] == ["whole.pcap"]


def test_what_is_no_case_and_no_capture_is_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="no such file"):
        create_case(tmp_path / "case", [tmp_path / "missing.pcap"])
    with pytest.raises(CaseError, match="none of the files is a capture"):
        create_case(tmp_path / "case", [Path(__file__)])
    assert not (tmp_path / "case").exists()
    with pytest.raises(CaseError, match="is no case"):
        open_case(tmp_path)
    (tmp_path / "something").touch()
    with pytest.raises(CaseError, match="not an empty folder"):
        create_case(tmp_path, [SAMPLE])


TLS12 = CAPTURES / "handshakes" / "tls12.pcap"


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets the disk be full for copies, or for entries of the log, until the test ends."""

    def fill(what: str) -> None:
        def refuse(*anything: object) -> None:
            for each in anything[1:2]:
                each.write(b"half")  # type: ignore[attr-defined]
            raise OSError(ENOSPC, os.strerror(ENOSPC))

        monkeypatch.setattr(what, refuse)

    return fill


@pytest.mark.parametrize("what", ["shutil.copyfileobj", "os.fsync"])
def test_a_case_that_could_not_be_written_leaves_nothing(
    what: str, full_disk: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    full_disk(what)
    for name in ("march", "empty"):
        refused = run("case", "new", tmp_path / name, TLS12)
        assert refused.exit_code == 2
        assert refused.stderr == f"tlsinspect: {tmp_path / name}: cannot be written: No space left on device\n"
    assert [(place.name, list(place.iterdir())) for place in tmp_path.iterdir()] == [("empty", [])]
    monkeypatch.undo()
    assert run("case", "new", tmp_path / "march", TLS12).exit_code == 0


@pytest.mark.parametrize("what", ["shutil.copyfileobj", "os.fsync"])
def test_an_input_that_could_not_be_written_is_added_later(
    what: str, full_disk: Callable[[str], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = create_case(tmp_path / "case", [TLS12])
    other = CAPTURES / "handshakes" / "tls10.pcap"
    full_disk(what)
    assert run("case", "add", made.directory, other).exit_code == 2
    monkeypatch.undo()
    assert [each.name for each in open_case(made.directory).inputs] == [TLS12.name]
    assert all(check.holds for check in verify_case(open_case(made.directory), repeat=False))
    assert run("case", "add", made.directory, other).exit_code == 0
    assert all(check.holds for check in verify_case(open_case(made.directory), repeat=False))


def test_a_run_that_was_a_mistake_is_not_kept(copy: Path) -> None:
    for wrong in (
        ["findings", "--no-such-option"],
        ["nonsense"],
        ["case", "show", "x"],
        ["ingest", "x", "--store", "y"],
    ):
        assert run("case", "run", copy, "--", *wrong).exit_code == 2
    assert len(open_case(copy).entries) == 4
    assert [path.name for path in (copy / "outputs").iterdir()] == ["0003-export"]


def test_a_store_is_kept_as_it_was_and_found_again_after_it_has_grown(tmp_path: Path) -> None:
    store = tmp_path / "store"
    tlsinspect.ingest(SAMPLE, store)
    (store / "connections" / "left-behind.parquet").touch()
    made = run("case", "new", tmp_path / "case", store)
    assert "store store, 1 capture, 1 connection of 2026-11-23, " in made.stdout
    run("case", "new", tmp_path / "other", store, "--reference")
    (copied,), (referred,) = open_case(tmp_path / "case").inputs, open_case(tmp_path / "other").inputs
    assert copied.files == referred.files and copied.sha256 == referred.sha256
    assert "connections/left-behind.parquet" not in copied.files
    assert open_case(tmp_path / "case").entries[1].facts["captures"] == {hash_file(SAMPLE)[0]: "tls10.pcap"}
    done = run("case", "run", tmp_path / "other", "--", "export", "--format", "jsonl")
    assert done.exit_code == 0 and done.stdout.count("\n") == 1
    tlsinspect.ingest(OTHER, store)
    again = run("case", "verify", tmp_path / "other")
    assert again.exit_code == 0 and f"input store: {len(copied.files)} files of a store" in again.stdout
    assert wrong_with(tmp_path / "case") == []
    alter("inputs/store/store.json")(tmp_path / "case")
    (tmp_path / "case" / "inputs" / "store" / "more").touch()
    wrong = wrong_with(tmp_path / "case")
    assert [line.partition(": ")[0] for line in wrong] == ["input store/store.json", "inputs/store/more"]


def test_a_store_in_a_case_is_read_alone_and_by_no_path_that_leads_out(tmp_path: Path) -> None:
    tlsinspect.ingest(SAMPLE, tmp_path / "store")
    case = create_case(tmp_path / "case", [tmp_path / "store", SAMPLE])
    with pytest.raises(CaseError, match="name the input that is to be read"):
        words(case, "summary")
    assert words(case, "summary", "store") == ["summary", "--processes", "1", "inputs/store"]
    (stored, _) = [entry for entry in case.entries if entry.kind == "input"]
    for path in ("../x", "/etc/passwd", "a/../../x", ""):
        assert read_input(stored._replace(facts={**stored.facts, "files": {path: "0" * 64}})) is None


def test_who_adds_to_a_case_waits_for_whoever_is_writing_to_it(copy: Path) -> None:
    fcntl = pytest.importorskip("fcntl")
    before = len(open_case(copy).entries)
    with (copy / "case.jsonl").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        adding = Thread(target=add_note, args=(open_case(copy), "waited"))
        adding.start()
        adding.join(0.5)
        assert adding.is_alive() and len(open_case(copy).entries) == before
    adding.join()
    assert len(open_case(copy).entries) == before + 1 and wrong_with(copy) == []
