"""What short commands load: of what is not loaded nobody waits."""

from __future__ import annotations

import os
import subprocess
import sys

from command_line import start
from samples import CAPTURES

CAPTURE = CAPTURES / "handshakes" / "tls12.pcap"
NOT_FOR_A_SUMMARY = {
    *("pandas.core", "pyarrow.acero", "pyarrow.parquet", "matplotlib", "jinja2", "scapy", "pyshark", "multiprocessing"),
    *("tlsinspect.answers", "tlsinspect.charts.compose", "tlsinspect.report.tables", "tlsinspect.store"),
    *("tlsinspect.compliance", "tlsinspect.story", "tlsinspect.parallel"),
}
MOST_MODULES = 600


def loaded_by(*arguments: object) -> set[str]:
    """The modules that a command loads in a process of its own."""
    process = start(*arguments, environment={"PYTHONPROFILEIMPORTTIME": "1"})
    _, told = process.communicate()
    assert process.returncode == 0
    lines = (line.split("|") for line in told.decode().splitlines() if line.startswith("import time:"))
    return {name.strip() for _, _, name in lines}


def test_a_summary_loads_nothing_that_it_does_not_show() -> None:
    loaded = loaded_by("summary", CAPTURE)
    assert "tlsinspect.report.text" in loaded
    assert not loaded & (NOT_FOR_A_SUMMARY)
    assert len(loaded) < MOST_MODULES


def test_frames_are_made_where_pandas_was_spared() -> None:
    program = (
        "import sys, pyarrow as pa\nfrom tlsinspect.cli.summary import spare_pandas\nspare_pandas()\n"
        "table = pa.table({'time': pa.array([1], pa.timestamp('ns', 'UTC'))})\nassert 'pandas' not in sys.modules\n"
        "print(table.to_pandas().time[0].value, pa.array(table.to_pandas().time).type, *sys.meta_path[:1])"
    )
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert run.stdout.startswith("1 timestamp[ns, tz=UTC] ")
    assert "Absent" not in run.stdout


def test_a_process_of_somebody_else_keeps_its_pandas() -> None:
    program = "import sys\nfrom tlsinspect.cli import main\nmain(sys.argv[1:], standalone_mode=False)"
    check = "\nimport pyarrow as pa\nprint(pa.array([1], pa.timestamp('ns', 'UTC')).to_pylist())"
    ended = program.replace("main(sys", "try:\n    main(sys").replace("=False)", "=False)\nexcept SystemExit: pass")
    run = subprocess.run(
        [sys.executable, "-c", ended + check, "summary", str(CAPTURE)], check=True, capture_output=True, text=True
    )
    assert run.stdout.endswith("[Timestamp('1970-01-01 00:00:00.000000001+0000', tz='UTC')]\n")


def test_a_command_takes_memory_for_rows_where_it_takes_all_other_unless_told_otherwise() -> None:
    program = "import tlsinspect.cli, pyarrow as pa\nprint(pa.default_memory_pool().backend_name)"
    plain = {name: value for name, value in os.environ.items() if name != "ARROW_DEFAULT_MEMORY_POOL"}
    for environment, backend in ((plain, "system"), (plain | {"ARROW_DEFAULT_MEMORY_POOL": "mimalloc"}, "mimalloc")):
        run = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment
        )
        assert run.stdout == f"{backend}\n"
