"""Packets from an interface into capture files, by scapy's sniffer: for those who have no tcpdump.

Goes in: an interface. Comes out: pcap files, one after the other, each with how many packets it has and how many the
system dropped because they came faster than they were written. A program in Python is slower than tcpdump: that is
what the second number is for. Nothing is sent. Linux alone says how many it dropped, and what scapy has for other
systems can be waited for in other ways: there, recording is left to other programs.
"""

from __future__ import annotations

import itertools
import select
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, cast

from .dissect import silence
from .errors import CaptureError

ROTATE_SECONDS = 300
BUFFER_OCTETS = 64 << 20  # of the system, for packets that wait to be written
LONGEST = (
    1 << 18
)  # of a packet: loopback and segmentation by the network card give more than Ethernet's, and IP's, most
SO_RCVBUFFORCE = 33  # Linux: beyond what users may ask for
SOL_PACKET, PACKET_STATISTICS = 263, 6  # packet(7)
WAIT_SECONDS = 0.2


class InterfaceError(CaptureError):
    """An interface that was listened to gives no more packets."""


class Recorded(NamedTuple):
    """A file that is complete; `dropped` is None where the system does not say."""

    path: Path
    packets: int
    dropped: int | None


def record(
    interface: str,
    folder: Path,
    seconds: float | None = None,
    rotate_seconds: float = ROTATE_SECONDS,
    packet_filter: str | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Recorded]:
    """Write packets until `seconds` are over, `stopped` says so, or Ctrl-C; yield each file when it is complete.

    `packet_filter` is one of tcpdump's, for which libpcap has to be there. Raises CaptureError where the interface
    cannot be listened to, or no longer: it went down, or is gone. What was recorded until then is yielded before.
    """
    if sys.platform != "linux":
        raise CaptureError(interface, "only on Linux: record with dumpcap or tcpdump, and use tlsinspect watch")
    folder.mkdir(parents=True, exist_ok=True)
    listener = Listener(interface, packet_filter)
    end = time.monotonic() + seconds if seconds is not None else None
    going = True
    try:
        while going:
            stem = f"{Path(interface).name}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"
            path = make_file(folder, stem)
            until = time.monotonic() + rotate_seconds
            last = end is not None and end <= until
            fault: InterfaceError | None = None
            try:
                packets = listener.write(path, min(until, end) if end is not None else until, stopped)
            except KeyboardInterrupt:
                packets, last = listener.packets, True
            except InterfaceError as error:
                packets, fault = listener.packets, error
            going = not (last or stopped())
            yield Recorded(path, packets, listener.take_dropped())
            if fault is not None:
                raise fault
    finally:
        listener.close()


def make_file(folder: Path, stem: str) -> Path:
    """An empty file of a name that no file had, also where others record into the folder at the same moment."""
    for number in itertools.count():
        path = folder / f"{stem}{f'-{number}' if number else ''}.pcap"
        with suppress(FileExistsError):
            path.touch(exist_ok=False)
            break
    return path


class Listener:
    """An interface that is listened to; `packets` counts those of the present file."""

    def __init__(self, interface: str, packet_filter: str | None) -> None:
        self.packets = 0
        self.interface = interface
        with silence():
            import scapy.arch
            import scapy.layers.l2  # noqa: F401 (both fill conf)
            from scapy.config import conf
            from scapy.data import DLT_EN10MB
            from scapy.error import Scapy_Exception

            try:
                self.socket = cast("Any", conf.L2listen(iface=interface, filter=packet_filter))
            except PermissionError as error:
                raise CaptureError(interface, "may be listened to by root only") from error
            except (OSError, ValueError, Scapy_Exception) as error:
                there = [name for _, name in socket.if_nameindex()]
                if interface not in there:
                    raise CaptureError(interface, f"no such interface; there are {', '.join(there)}") from error
                reason = getattr(error, "strerror", None) or str(error)
                raise CaptureError(interface, f"cannot be listened to: {reason}".splitlines()[0].lower()) from error
            self.link_type = conf.l2types.layer2num.get(self.socket.LL, DLT_EN10MB)
        if interface == "lo" and hasattr(self.socket, "outs"):
            self.socket.outs = self.socket.ins  # scapy then passes over the copies of what is sent to itself
        with suppress(OSError, AttributeError):
            self.socket.ins.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_OCTETS)
        self.take_dropped()

    def write(self, path: Path, until: float, stopped: Callable[[], bool]) -> int:
        """Write what comes to a file; returns how many packets it has."""
        self.packets = 0
        with path.open("wb", buffering=1 << 20) as file:
            file.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, LONGEST, self.link_type))
            while time.monotonic() < until and not stopped():
                if not select.select([self.socket], [], [], WAIT_SECONDS)[0]:
                    file.flush()
                    continue
                try:
                    _, octets, when = self.socket.recv_raw(LONGEST)
                except OSError as error:
                    reason = (error.strerror or str(error)).lower()
                    raise InterfaceError(self.interface, f"cannot be listened to any more: {reason}") from error
                if octets is None:
                    continue
                time_ns = int(float(when or time.time()) * 1_000_000_000)
                head = struct.pack("<IIII", *divmod(time_ns, 1_000_000_000), len(octets), len(octets))
                file.write(head + octets)
                self.packets += 1
        return self.packets

    def take_dropped(self) -> int | None:
        """How many packets the system dropped since it was last asked."""
        try:
            said: bytes = self.socket.ins.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
        except (OSError, AttributeError):
            return None
        return int(struct.unpack("=II", said)[1])

    def close(self) -> None:
        """Listen no longer."""
        self.socket.close()
