"""Which variant is tested, and that it is the one of this tree."""

from __future__ import annotations

import filecmp
import gc
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import tlsinspect
from tlsinspect.wire import record

ROOT = Path(__file__).parent.parent
TESTS = ROOT / "tests"
SOURCE = ROOT / "tlsinspect"
INSTALLED = Path(tlsinspect.__file__).parent
VARIANT_FREE = frozenset(
    {
        "adoption",
        "answers", "benchmarks", "captures", "certificates", "charts", "cli", "comparison", "compliance", "export",
        "extraction", "filters", "findings", "indicators", "pivots", "policies", "registry", "report", "statistics",
        "anonymise", "case", "story", "store", "validation", "verification", "tables/test_frames.py",
        "test_arguments.py", "test_columns.py", "test_corpus_agreement.py", "test_errors.py", "test_investigations.py",
        "test_documentation.py", "test_glance.py", "test_hostile_texts.py", "test_import_order.py",
        "test_main.py", "test_notebooks.py", "test_packaging.py", "test_tshark_agreement.py", "test_variants.py",
    }
)  # fmt: skip
"""What below tests/ need not be run in the second variant: it tests code that is never compiled, or
what is said of sample captures, of which test_variants.py shows that both variants say the same."""


settings.register_profile("no-clock", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("no-clock")  # no test fails because the machine is slow


def pytest_addoption(parser: pytest.Parser) -> None:
    """--variant says which variant the run is meant to test; --kernel-only, that the other one was tested whole."""
    parser.addoption("--variant", choices=("compiled", "pure"), help="fail unless this variant is the one imported")
    parser.addoption("--kernel-only", action="store_true", help="leave out what both variants have in common")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """With --kernel-only, pass over what need not be run twice."""
    if config.getoption("--kernel-only") and collection_path.is_relative_to(TESTS):
        return collection_path.relative_to(TESTS).as_posix() in VARIANT_FREE or None
    return None


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to test anything but the code of this tree, in the variant asked for."""
    shadows = sorted(SOURCE.rglob("*.so"))
    if shadows:
        pytest.exit(f"a built extension shadows its source: {shadows[0].relative_to(ROOT)}; delete it", 3)
    compiled = not str(record.__file__).endswith(".py")
    wanted = config.getoption("--variant")
    if wanted is not None and compiled != (wanted == "compiled"):
        pytest.exit(f"--variant {wanted}, but {record.__name__} is {'compiled' if compiled else 'pure Python'}", 3)
    if INSTALLED != SOURCE:
        for path in sorted([*SOURCE.rglob("*.py"), *SOURCE.rglob("*.pxd")]):
            installed = INSTALLED / path.relative_to(SOURCE)
            if not installed.exists() or not filecmp.cmp(path, installed, shallow=False):
                pytest.exit(f"{path.relative_to(ROOT)} is newer than the installed package; run 'make build'", 3)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Let the cyclic collector pass over what lives as long as the run: modules, and ten thousand tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def forget(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let go of what a module has remembered for its own tests: of the whole corpus that is half a gigabyte."""
    yield
    for value in vars(request.module).values():
        if hasattr(value, "cache_clear") and value.__module__ == request.module.__name__:
            value.cache_clear()


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of sample captures."""
    return ROOT / "captures"


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can enter."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
