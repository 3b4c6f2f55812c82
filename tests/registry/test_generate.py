"""generated.py follows from data/, and data/ is what its README says."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tlsinspect.registry import RECOMMENDED
from tlsinspect.registry.generate import ALPN_FILE, DATA, GENERATED, TABLES, RegistryError, build_module_text


def test_generated_module_is_up_to_date_with_data() -> None:
    generated = GENERATED.read_text(encoding="ascii")
    assert generated == build_module_text(), "run: PYTHONPATH=. python -m tlsinspect.registry.generate"


def test_every_vendored_file_has_the_sha256_that_the_readme_states() -> None:
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    stated = dict(re.findall(r"^\| `([\w.]+\.csv)` .*`([0-9a-f]{64})` \|$", readme, re.MULTILINE))
    actual = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in DATA.glob("*.csv")}
    differing = {name for name, _ in stated.items() ^ actual.items()}
    assert differing == set(), "data/README.md does not have the sha256 of these files"


def test_every_vendored_file_is_read_by_the_generator() -> None:
    read = {file for file, _, _ in TABLES.values() if file} | {ALPN_FILE, "unregistered.csv"}
    assert {path.name for path in DATA.glob("*.csv")} == read


def test_every_unregistered_code_point_has_a_known_kind_and_a_source() -> None:
    rows = (DATA / "unregistered.csv").read_text(encoding="ascii").splitlines()[1:]
    kinds = set(TABLES) | {"alpn_protocol"}
    assert not [row for row in rows if row.split(",")[0] not in kinds or not row.split(",")[3]]


def test_recommended_marks_are_y_n_or_d() -> None:
    assert {mark for marks in RECOMMENDED.values() for mark in marks.values()} == {"Y", "N", "D"}


def _copy_data(target: Path) -> Path:
    for path in DATA.glob("*.csv"):
        (target / path.name).write_bytes(path.read_bytes())
    return target


def test_generator_refuses_two_names_for_one_code_point(tmp_path: Path) -> None:
    data = _copy_data(tmp_path)
    with (data / "unregistered.csv").open("a", encoding="ascii") as file:
        file.write("group,0x001D,curve25519,nobody\n")
    with pytest.raises(RegistryError, match="0x001D is named twice"):
        build_module_text(data)


def test_generator_output_changes_with_a_changed_table(tmp_path: Path) -> None:
    data = _copy_data(tmp_path)
    with (data / "groups.csv").open("a", encoding="ascii") as file:
        file.write("0x7777,newcurve,Y,N,RFC1\n")
    assert "0x7777: 'newcurve'" in build_module_text(data)


def test_importing_the_registry_imports_no_parser() -> None:
    code = "import sys, tlsinspect.registry; print('csv' in sys.modules or 'pandas' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"
