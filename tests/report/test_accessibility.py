"""The report's page serves people who do not see it or use no mouse, as far as axe-core can tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.report.browser import launched

GRAVE = ("serious", "critical")
VIOLATIONS = {"resultTypes": ["violations"]}
EMPTY_PICTURES = """for (const each of document.querySelectorAll("svg.chart *")) {
  if (!each.closest(".target") && !each.querySelector(".target")) each.remove();
}"""
"""Of a picture only its buttons are of use to who does not see it; its thousands of paths would cost axe-core most of
a minute."""


def show_everything(page: Any) -> None:
    """Open a group of connections, and the story of one."""
    page.locator("#tabs button", has_text="Names").click()
    page.wait_for_selector("#view-server_name .tabulator-row")
    page.locator("#tabs button", has_text="Connections").click()
    page.locator("#connection-table .tabulator-row button").first.click()
    page.wait_for_selector("#detail-body .steps")


def test_axe_core_finds_no_grave_fault_in_light_and_dark_wide_and_narrow(report: Path) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    with launched() as browser:
        for scheme, width, part in (("light", 1280, None), ("dark", 380, "#findings")):
            page = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}).new_page()
            page.goto(report.as_uri())
            page.wait_for_selector("html[data-ready]")
            page.evaluate(EMPTY_PICTURES)
            found = axe.run(page, part, VIOLATIONS).response["violations"]
            show_everything(page)
            found += axe.run(page, "#connection-detail", VIOLATIONS).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in GRAVE] == []
