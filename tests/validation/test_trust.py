"""What can be trusted: Mozilla's roots, files, folders."""

from __future__ import annotations

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
    assert trust.name.startswith("Mozilla's roots (certifi 20")
    assert trust.name.endswith(f": {len(trust.anchors)} certificates")


def test_a_file_is_pem_or_der_and_adds_to_the_default(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("text around\n" + pem_of(ROOT) + pem_of(MIDDLE))
    (tmp_path / "b.der").write_bytes(ROOT)
    assert len(load_trust([tmp_path / "a.pem"]).anchors) == len(load_trust().anchors) + 2
    assert set(load_trust([tmp_path / "b.der"], only=True).anchors) == {ROOT_SHA256}


def test_a_folder_is_all_its_files_and_passes_over_others(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text(pem_of(ROOT))
    (tmp_path / "readme.txt").write_text("nothing")
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----\n")
    assert set(load_trust([tmp_path], only=True).anchors) == {ROOT_SHA256}


@pytest.mark.parametrize("content", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\n"])
def test_a_file_without_a_certificate_is_an_error_that_names_it(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.pem").write_bytes(content)
    with pytest.raises(TrustError, match=r"a\.pem: no certificate"):
        load_trust([tmp_path / "a.pem"])


def test_a_file_that_is_not_there_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(TrustError, match=r"gone\.pem: No such file"):
        load_trust([tmp_path / "gone.pem"])


def test_to_trust_nothing_is_an_error() -> None:
    with pytest.raises(TrustError):
        load_trust(only=True)
