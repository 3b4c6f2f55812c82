"""A Dask cluster, of which a worker dies, and an object store: the same rows as on one machine."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from rotated_captures import assert_same_rows, read_records, rotate, write_capture
from samples import DEMO

import tlsinspect
from tlsinspect.store.executors import open_executor
from tlsinspect.store.place import open_place

PACKAGES = ("distributed", "flask_cors", "moto", "s3fs")
pytestmark = pytest.mark.skipif(
    not all(map(find_spec, PACKAGES)), reason=f"one of {', '.join(PACKAGES)} is not installed"
)

PACKETS = 1000
ACCOUNT = {"AWS_ACCESS_KEY_ID": "made", "AWS_SECRET_ACCESS_KEY": "up", "AWS_DEFAULT_REGION": "us-east-1"}
WAIT_SECONDS = 120


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket of an S3 server of this process, which other processes reach too."""
    from moto.server import ThreadedMotoServer
    from s3fs import S3FileSystem

    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    for name, value in {**ACCOUNT, "AWS_ENDPOINT_URL": "http://{}:{}".format(*server.get_host_and_port())}.items():
        monkeypatch.setenv(name, value)
    S3FileSystem.clear_instance_cache()
    S3FileSystem().mkdir("bucket")
    yield "s3://bucket"
    S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.fixture
def cluster(bucket: str) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler, and its worker processes."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, dashboard_address=None) as scheduler:  # type: ignore[no-untyped-call]
        address = scheduler.scheduler_address
        command = [sys.executable, "-P", "-m", "distributed.cli.dask_worker", address, "--nthreads", "1"]
        command += ["--no-nanny", "--no-dashboard"]
        workers = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(2)]
        scheduler.wait_for_workers(2, timeout=WAIT_SECONDS)
        yield address, workers
        for worker in workers:
            worker.kill()
            worker.wait()


def kill_after_first_step(worker: subprocess.Popen[bytes], url: str) -> None:
    """Kill a worker process as soon as a step was stored."""
    place = open_place(url)
    end = time.monotonic() + WAIT_SECONDS
    while not place.names("steps") and time.monotonic() < end:
        time.sleep(0.02)
    worker.kill()


def test_a_cluster_that_loses_a_worker_stores_the_same_rows_in_an_object_store(
    bucket: str, cluster: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from s3fs import S3FileSystem

    monkeypatch.setattr("tlsinspect.store.planning.SHARD_MINIMUM", 1)
    records = read_records(DEMO)[:PACKETS]
    rotate(records, tmp_path / "files", 4)
    S3FileSystem().put(str(tmp_path / "files"), "bucket/captures", recursive=True)
    address, workers = cluster
    store = f"{bucket}/store"
    killer = threading.Thread(target=kill_after_first_step, args=(workers[0], store))
    killer.start()
    with open_executor("dask", address) as (executor, room):
        options: dict[str, Any] = {"workers": 2, "executor": executor, "step_octets": 1 << 16}
        done = tlsinspect.ingest(f"{bucket}/captures", store, **options)
    killer.join()
    assert (room, done.captures, done.refused) == (2, 4, [])
    assert workers[0].wait() != 0 and workers[1].poll() is None
    whole = tlsinspect.read(write_capture(tmp_path / "whole.pcap", records))
    assert_same_rows(tlsinspect.Store(store).inspection(), whole)
    assert tlsinspect.ingest(f"{bucket}/captures", store).known == 4
