"""Reads a capture twice with the kernel alone, for those who count its instructions; nothing is written.

python benchmarks/kernel_alone.py CAPTURE
"""

import sys
from pathlib import Path

from tlsinspect import quic_protection, upgrades  # noqa: F401 (imported where they are first needed: not counted)
from tlsinspect.connection_builder import ConnectionBuilder
from tlsinspect.dissect import LinkDissector
from tlsinspect.quic_keys import QuicKeys
from tlsinspect.wire.capfile import open_reader
from tlsinspect.wire.carriers import open_carrier
from tlsinspect.wire.dtls import open_dtls
from tlsinspect.wire.flow_table import FlowTable
from tlsinspect.wire.ip import FragmentTable
from tlsinspect.wire.openvpn import frame_openvpn
from tlsinspect.wire.quic_opener import QuicOpener
from tlsinspect.wire.walk import Walk

ports = frozenset({443, 8443})
openers = (open_dtls, QuicOpener(QuicKeys()), open_carrier)
for _ in range(2):  # what is worked out once and remembered belongs to the first turn
    blocks = iter([Path(sys.argv[1]).read_bytes()])
    table = FlowTable(ports, openers, False, 0, 1, (frame_openvpn,))
    walk = Walk(open_reader(blocks), table, FragmentTable(), LinkDissector())
    while walk.advance(8192):
        pass
    table.finish()
    builder = ConnectionBuilder(ports)
    for flow in table.finished:
        builder.build(flow)
print(walk.packets, len(table.finished))
