"""The notebooks run from a fresh checkout, on the variant under test, and show what they promise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest
from nbclient import NotebookClient
from samples import CAPTURES, write_cut

import tlsinspect
from tlsinspect.wire import record

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
NOTEBOOK_FORMAT: Any = nbformat  # without types of its own
ASK_VARIANT = "from tlsinspect.wire import record\nprint(record.__file__)"


def load(path: Path) -> Any:
    """A notebook as stored."""
    return NOTEBOOK_FORMAT.read(path, as_version=4)


def execute(name: str) -> Any:
    """A notebook, executed, with one cell more that tells which variant ran."""
    notebook = load(FOLDER / f"{name}.ipynb")
    notebook.cells.append(NOTEBOOK_FORMAT.v4.new_code_cell(ASK_VARIANT))
    client = NotebookClient(notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}})
    return client.execute()


@pytest.fixture(scope="module")
def adoption() -> Any:
    """From read() to charts."""
    return execute("adoption")


@pytest.fixture(scope="module")
def adoption_over_time() -> Any:
    """From a year of captures to charts."""
    return execute("adoption_over_time")


@pytest.fixture(scope="module")
def investigation() -> Any:
    """From old versions to their proof."""
    return execute("investigation")


@pytest.fixture(scope="module")
def capture_quality() -> Any:
    """One handshake recorded well and badly."""
    return execute("capture_quality")


def outputs(executed: Any, media_type: str) -> list[str]:
    """Everything of a media type that the cells showed."""
    shown = [output for cell in executed.cells for output in cell.get("outputs", [])]
    return [output["data"][media_type] for output in shown if media_type in output.get("data", {})]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stored_without_outputs(path: Path) -> None:
    notebook = load(path)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_reaches_for_public_names_only(path: Path) -> None:
    notebook = load(path)
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    imports = [line for line in source.splitlines() if line.startswith(("import ", "from ")) and "tlsinspect" in line]
    rooms = ("adoption", "charts", "charts.adoption", "statistics")
    allowed = ("import tlsinspect", *(f"from tlsinspect.{room} import " for room in rooms))
    assert imports and all(line.startswith(allowed) for line in imports)
    assert "._" not in source and ".reading" not in source


def test_notebooks_run_on_the_variant_under_test(adoption: Any, investigation: Any, capture_quality: Any) -> None:
    for executed in (adoption, investigation, capture_quality):
        assert executed.cells[-1].outputs[0].text.strip() == record.__file__


def test_adoption_draws_its_charts(adoption: Any) -> None:
    assert len(outputs(adoption, "image/png")) == 4


def test_adoption_says_of_no_client_what_it_never_offered_where_its_hello_is_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = load(FOLDER / "adoption.ipynb").cells
    [source] = [cell.source for cell in cells if cell.cell_type == "code" and "never offered" in cell.source]
    cut = write_cut("handshakes/suite-tls13-chacha20.pcap", 200, tmp_path / "cut.pcap")
    for capture in (cut, CAPTURES / "variants" / "tcp-server-only.pcap"):
        exec(source, {"inspection": tlsinspect.read(capture), "pd": pd})
        assert capsys.readouterr().out.strip() == "Clients that never offered TLS 1.3:"


def test_adoption_over_time_finds_what_its_year_was_made_of(adoption_over_time: Any) -> None:
    assert adoption_over_time.cells[-1].outputs[0].text.strip() == record.__file__
    assert len(outputs(adoption_over_time, "image/png")) == 2
    said = "".join(
        output["text"] for cell in adoption_over_time.cells for output in cell.get("outputs", []) if "text" in output
    )
    assert "TLS 1.3: 43% of connections in 2025-01, 81% in 2025-12" in said
    assert len(outputs(adoption_over_time, "text/html")) == 4


def test_inspection_introduces_itself(adoption: Any) -> None:
    glance = outputs(adoption, "text/html")[0]
    assert "<b>demo.pcapng</b>" in glance
    assert "<td>TLS 1.3</td><td>240</td><td>52%</td><td>47 to 56%</td>" in glance


def test_notebooks_find_something_wherever_they_look(adoption: Any, investigation: Any, capture_quality: Any) -> None:
    for executed, least in ((adoption, 5), (investigation, 8), (capture_quality, 7)):
        tables = outputs(executed, "text/html")
        assert len(tables) > least
        assert not [table for table in tables if "<tbody>\n  </tbody>" in table]


def test_investigation_names_the_culprits_and_the_expired_certificate(investigation: Any) -> None:
    tables = "\n".join(outputs(investigation, "text/html"))
    assert "the client" in tables and "the server" in tables
    assert "certificate_expired" in tables
    assert "subject_expired" in tables


def test_capture_quality_shows_each_flag_and_reason(capture_quality: Any) -> None:
    tables = "\n".join(outputs(capture_quality, "text/html"))
    for shown in ("gap", "one_sided", "midstream", "truncated", "overlap_conflict", "snaplen", "damaged"):
        assert shown in tables
