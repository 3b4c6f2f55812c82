"""What tshark sees in a capture: the second opinion on every file the makers write."""

from __future__ import annotations

import subprocess
from pathlib import Path

TLS_FILTER = "tcp and (tls.record.content_type or tls.handshake.type)"
OPTIONS = (
    "-o", "tcp.try_heuristic_first:TRUE",
    "-o", "tcp.reassemble_out_of_order:TRUE",
    "-d", "tcp.port==8443,tls",
)  # fmt: skip


def count_packets(path: Path, *display_filters: str, keys: Path | None = None) -> tuple[list[int], int]:
    """For each display filter how many packets match; and in how many TCP connections there is TLS.

    `keys` is a key log with which tshark decrypts first. One run of tshark answers all, because
    its start takes longer than reading a small capture.
    """
    statistics = ["-z", ",".join(["io,stat,0", *display_filters])]
    secrets = ["-o", f"tls.keylog_file:{keys}"] if keys else []
    lines = run_tshark(path, *secrets, "-Y", TLS_FILTER, "-T", "fields", "-e", "tcp.stream", *statistics)
    rows = [line for line in lines if "<>" in line]
    if rows:
        frames = [int(cell) for cell in rows[0].strip(" |").split("|")[1::2]]
    else:
        # Packets without times have no statistics over time; then each filter takes a run of its own.
        frames = [len(run_tshark(path, *secrets, "-Y", wanted)) for wanted in display_filters]
    return frames, len({line for line in lines if line.isdigit()})


def run_tshark(path: Path, *arguments: str) -> list[str]:
    """The lines that tshark prints about a capture; raises RuntimeError when it refuses."""
    command = ["tshark", "-n", "-r", str(path), *OPTIONS, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and not done.stdout:
        raise RuntimeError(f"tshark on {path.name}: {done.stderr.strip()}")
    return done.stdout.splitlines()
