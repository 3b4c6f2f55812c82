"""The notebooks run from a fresh checkout, on the variant under test, and show what they promise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tlsinspect.wire import record

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
NOTEBOOK_FORMAT: Any = nbformat  # without types of its own
ASK_VARIANT = "from tlsinspect.wire import record\nprint(record.__file__)"


def load(path: Path) -> Any:
    """A notebook as stored."""
    return NOTEBOOK_FORMAT.read(path, as_version=4)


@pytest.fixture(scope="module")
def executed() -> Any:
    """The walk from read() to the proof, executed, with one cell more that tells which variant ran."""
    notebook = load(FOLDER / "adoption_and_investigation.ipynb")
    notebook.cells.append(NOTEBOOK_FORMAT.v4.new_code_cell(ASK_VARIANT))
    client = NotebookClient(notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(FOLDER)}})
    return client.execute()


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
    allowed = ("import tlsinspect", "from tlsinspect.charts import ", "from tlsinspect.statistics import ")
    assert imports and all(line.startswith(allowed) for line in imports)
    assert "._" not in source and ".reading" not in source


def test_notebook_runs_on_the_variant_under_test(executed: Any) -> None:
    assert executed.cells[-1].outputs[0].text.strip() == record.__file__


def test_notebook_draws_its_charts(executed: Any) -> None:
    assert len(outputs(executed, "image/png")) == 4


def test_notebook_finds_something_wherever_it_looks(executed: Any) -> None:
    tables = outputs(executed, "text/html")
    empty = [table for table in tables if "<tbody>\n  </tbody>" in table]
    assert len(tables) > 12
    assert len(empty) <= 1  # the demo capture has nothing for the frame of problems


def test_notebook_names_the_culprits_and_the_expired_certificate(executed: Any) -> None:
    tables = "\n".join(outputs(executed, "text/html"))
    assert "the client" in tables and "the server" in tables
    assert "certificate_expired" in tables
    assert "subject_expired" in tables
