"""What can be trusted: Mozilla's roots, files, folders."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from made_chains import MIDDLE, ROOT

from tlsinspect.certificates import parse_certificate, pem_of
from tlsinspect.errors import TrustError
from tlsinspect.validation import load_trust

ROOT_SHA256 = parse_certificate(ROOT).sha256


def test_mozillas_roots_are_the_default_and_say_their_version() -> None:
    trust = load_trust()
    assert len(trust.anchors) > 90
    assert trust.name.startswith("Mozilla's roots of the time (2014-03-10 to certifi 20")
    assert trust.name.endswith(f": {len(trust.anchors)} trust anchors")


def test_a_file_is_pem_or_der_and_adds_to_the_default(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("text around\n" + pem_of(ROOT) + pem_of(MIDDLE))
    (tmp_path / "b.der").write_bytes(ROOT)
    assert len(load_trust([tmp_path / "a.pem"]).anchors) == len(load_trust().anchors) + 2
    assert set(load_trust([tmp_path / "b.der"], only=True).anchors) == {ROOT_SHA256}


def test_a_folder_is_all_its_files_and_passes_over_others(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text(pem_of(ROOT))
    (tmp_path / "readme.txt").write_text("nothing")
    (tmp_path / "key.der").write_bytes(b"\x30\x03\x02\x01\x00")
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n")
    assert set(load_trust([tmp_path], only=True).anchors) == {ROOT_SHA256}


@pytest.mark.parametrize(
    "content",
    [
        b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\n", b"0 is no DER", ROOT[:60],
        pem_of(b"\0\0\0").encode(), pem_of(ROOT[:60]).encode(),
    ],
    ids=["empty", "text", "a label alone", "looks like DER", "cut DER", "PEM of nonsense", "PEM of cut DER"],
)  # fmt: skip
def test_a_file_without_a_certificate_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.pem").write_bytes(content)
    with pytest.raises(TrustError, match=r"a\.pem: no certificate"):
        load_trust([tmp_path / "a.pem"])


def test_a_file_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(TrustError, match=r"gone\.pem: No such file"):
        load_trust([tmp_path / "gone.pem"])


@pytest.mark.parametrize("folder", [False, True])
def test_what_the_system_does_not_let_be_looked_at_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: bool
) -> None:
    (tmp_path / "a.pem").write_text(pem_of(ROOT))
    named = tmp_path if folder else tmp_path / ("n" * 300)  # longer than the name of a file may be
    with monkeypatch.context() as patch:
        if folder:
            patch.setattr(Path, "is_file", refuse_to_look)
        with pytest.raises(TrustError, match=rf"{named.name}: (File name too long|Permission denied)"):
            load_trust([named])


def refuse_to_look(path: Path) -> bool:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


def test_to_trust_nothing_is_an_error() -> None:
    with pytest.raises(TrustError):
        load_trust(only=True)


def nanoseconds_of(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 10**9


@pytest.mark.parametrize(
    ("root", "trusted", "not_trusted"),
    [
        ("StartCom Certification Authority", "2015-06-01", "2019-01-01"),
        ("ISRG Root X1", "2020-01-01", "2015-01-01"),
        ("DST Root CA X3", "2020-01-01", "2023-01-01"),
    ],
)
def test_roots_are_trusted_at_their_time(root: str, trusted: str, not_trusted: str) -> None:
    trust = load_trust()
    for day, found in ((trusted, True), (not_trusted, False)):
        names = [str(anchor.facts.subject) for anchor in trust.at(nanoseconds_of(day)).anchors.values()]
        assert any(root in name for name in names) is found
        assert 100 < len(names) < 200
    today = load_trust(as_of="now")
    assert today.at(0) is today and len(today.anchors) < len(trust.anchors)
    assert set(today.anchors) == set(trust.at(nanoseconds_of("2100-01-01")).anchors)


def test_a_root_that_is_named_is_always_trusted(tmp_path: Path) -> None:
    trust = load_trust()
    later = next(name for name, period in trust.periods.items() if period.start > nanoseconds_of("2020-01-01"))
    path = tmp_path / "root.der"
    path.write_bytes(trust.anchors[later].der)
    old = nanoseconds_of("2015-01-01")
    assert later not in trust.at(old).anchors and later in load_trust([path]).at(old).anchors
    assert later in load_trust([path]).public
