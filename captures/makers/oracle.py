"""What tshark sees in a capture: the second opinion on every file the makers write."""

from __future__ import annotations

import subprocess
from pathlib import Path

OPTIONS = (
    "-o", "tcp.try_heuristic_first:TRUE",
    "-o", "tcp.reassemble_out_of_order:TRUE",
    "-d", "tcp.port==8443,tls",
)  # fmt: skip


def list_fields(path: Path, display_filter: str, *fields: str) -> list[list[str]]:
    """One row per packet that matches the filter, with the asked fields as tshark prints them."""
    command = ["tshark", "-n", "-r", str(path), *OPTIONS, "-Y", display_filter, "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and not done.stdout:
        raise RuntimeError(f"tshark on {path.name}: {done.stderr.strip()}")
    return [line.split("\t") for line in done.stdout.splitlines()]


def count_packets(path: Path, display_filter: str) -> int:
    """How many packets match a display filter."""
    return len(list_fields(path, display_filter, "frame.number"))


def count_tls_connections(path: Path) -> int:
    """How many TCP connections tshark finds TLS or SSL in."""
    return len({row[0] for row in list_fields(path, "tcp and tls", "tcp.stream")})


def list_failed_checks(path: Path, checks: tuple[str, ...], absent: tuple[str, ...]) -> list[str]:
    """The display filters that ought to match and do not, or match and ought not."""
    missing = [f"no packet matches: {check}" for check in checks if not count_packets(path, check)]
    return missing + [f"a packet matches: {check}" for check in absent if count_packets(path, check)]
