"""The investigations among the notebooks: run cell by cell, they name the culprit and nobody else."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
Shown = list[Any]
Execute = Callable[[str], tuple[Shown, dict[str, Any]]]


@pytest.fixture
def execute(monkeypatch: pytest.MonkeyPatch) -> Iterator[Execute]:
    """Run a notebook's cells in this process: what each shows at its end, and the names that are left."""
    monkeypatch.chdir(FOLDER)

    def run(name: str) -> tuple[Shown, dict[str, Any]]:
        shown, names = [], dict[str, Any]()
        for cell in json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                body = ast.parse("".join(cell["source"])).body
                last = body.pop() if isinstance(body[-1], ast.Expr) else None
                exec(compile(ast.Module(body, []), name, "exec"), names)
                if isinstance(last, ast.Expr):
                    shown.append(eval(compile(ast.Expression(last.value), name, "eval"), names))
        return shown, names

    with pd.option_context("display.max_columns", 30):
        yield run


def none_is_empty(shown: Shown) -> bool:
    return all(len(each) for each in shown if isinstance(each, pd.DataFrame | pd.Series))


def test_the_beacon_is_the_only_one_with_every_trait(execute: Execute) -> None:
    shown, names = execute("beacon")
    assert none_is_empty(shown) and len(shown) > 8
    assert set(names["timers"]["client_ip"]) == {"192.0.2.11", "192.0.2.21"}
    assert set(names["lonely"]["subject"]) == {"CN=localhost", "CN=device"}
    traits = names["suspects"]["traits"].sort_values(ascending=False)
    assert names["culprit"] == ("192.0.2.11", "203.0.113.31", 8443)
    assert traits.iloc[0] == 5 and traits.iloc[1] <= 2


def test_the_proxy_is_told_from_servers_that_changed(execute: Execute) -> None:
    shown, names = execute("interception")
    assert none_is_empty(shown) and len(shown) > 8
    assert names["names"]["several_issuers"].sum() == 3
    assert names["new"] == "CN=Example Gateway Inspection CA,O=Example Networks"
    by_client = names["afternoon"].groupby("client_ip")["issuer"].unique().map(list).to_dict()
    assert by_client["192.0.2.12"] == [names["old"]]
    assert by_client["192.0.2.10"] == by_client["192.0.2.11"] == [names["new"]]
    assert names["voices"]["voices"].loc["192.0.2.10"].to_list() == [1, 3]
    assert set(names["refused"]["failure_cause"]) == {"unknown_authority"} and names["before"]["established"].all()


def test_the_old_client_is_told_from_server_and_scanner(execute: Execute) -> None:
    shown, names = execute("legacy_client")
    assert none_is_empty(shown) and len(shown) > 8
    limited = names["cases"].groupby("limited_by")["client_ip"].unique().map(set).to_dict()
    assert limited == {"the server": {"192.0.2.11"}, "the client": {"192.0.2.31", "192.0.2.60"}}
    assert names["hellos"]["minutes_per_fingerprint"].idxmin() == "192.0.2.60"
    assert 43 not in names["hello"]["client_extensions"] and names["device"]["server_name"].isna().all()
    failing = names["without"].hosts.query("kind == 'client'")["host"]
    assert set(failing) == {"192.0.2.31", "192.0.2.11", "192.0.2.60"}
