"""Google's QUIC before the standard: versions, connection ids and the name in its greeting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from quic_traffic import DCID, crypto, initial
from tcp_segments import CLIENT, SERVER, Wire, ip_packet, udp

from tlsinspect.quic_keys import QuicKeys
from tlsinspect.wire.flow import Flow
from tlsinspect.wire.flow_table import FlowTable
from tlsinspect.wire.gquic import find_server_name
from tlsinspect.wire.quic_opener import QuicOpener

Q043 = b"Q043"
HASH = bytes(12)


def greeting(**tags: bytes) -> bytes:
    """A CHLO message with these tags."""
    names, values = b"", b""
    for name, value in tags.items():
        values += value
        names += name.encode().ljust(4, b"\x00") + len(values).to_bytes(4, "little")
    return b"CHLO" + len(tags).to_bytes(2, "little") + bytes(2) + names + values


CHLO = greeting(PAD=b"-" * 100, SNI=b"google.example", VER=Q043)


def public_packet(version: bytes = Q043, payload: bytes = CHLO, flags: int = 0x09) -> bytes:
    """A packet of a client with the public header."""
    return bytes([flags]) + DCID + version + b"\x01" + HASH + b"\xa0\x01\x00\x04" + payload


def flow_of(*turns: tuple[str, bytes]) -> Flow:
    """The only flow of these datagrams."""
    wire = Wire(FlowTable(openers=(QuicOpener(QuicKeys()),)))
    for sender, payload in turns:
        ends = (CLIENT, SERVER) if sender == "client" else (SERVER, CLIENT)
        wire.add_datagram(ip_packet(*ends, udp(*ends, payload)))
    return wire.only()


class TestFlows:
    @pytest.mark.parametrize("flags", [0x09, 0x0D, 0x19, 0x39])
    def test_version_id_and_name_are_read_from_the_public_header_and_the_greeting(self, flags: int) -> None:
        flow = flow_of(("client", public_packet(flags=flags)), ("server", b"\x08" + DCID + b"\x01" + bytes(50)))
        assert flow.quic is not None
        assert flow.quic.google
        assert flow.quic.version == int.from_bytes(Q043, "big")
        assert flow.quic.connection_ids == [(DCID, b""), None]
        assert flow.quic.server_name == b"google.example"
        assert flow.problems == []

    def test_a_list_of_versions_comes_from_the_server(self) -> None:
        listed = b"\x09" + DCID + b"Q035Q037Q038Q039"
        flow = flow_of(("server", listed), ("client", public_packet()), ("server", listed))
        assert flow.quic is not None
        assert flow.quic.version_negotiation
        assert flow.quic.version == int.from_bytes(Q043, "big")
        assert flow.syn_side == 1

    def test_of_a_list_of_versions_alone_no_version_is_known(self) -> None:
        flow = flow_of(("server", b"\x09" + DCID + b"Q035Q037Q038Q039"))
        assert flow.quic is not None
        assert flow.quic.version == -1

    def test_the_name_is_found_in_a_later_packet(self) -> None:
        first = greeting(PAD=b"-" * 100, SNI=b"google.example")[:-10]
        flow = flow_of(("client", public_packet(payload=first)), ("client", public_packet()))
        assert flow.quic is not None
        assert flow.quic.server_name == b"google.example"

    def test_a_long_header_of_q046_is_read_as_far_as_it_is_known(self) -> None:
        packet = b"\xc3Q046\x50" + DCID + bytes(4) + HASH + b"\xa0\x01\x00\x04" + CHLO
        flow = flow_of(("client", packet), ("server", b"\xd3Q046\x05" + DCID + bytes(50)))
        assert flow.quic is not None
        assert flow.quic.google
        assert flow.quic.version == int.from_bytes(b"Q046", "big")
        assert flow.quic.connection_ids == [(DCID, b""), (b"", DCID)]
        assert flow.quic.server_name == b"google.example"
        assert flow.problems == []

    def test_initial_packets_of_q050_are_opened(self) -> None:
        version = int.from_bytes(b"Q050", "big")
        packet = initial(b"\x08" + crypto(0, CHLO)[1:], DCID, b"", version=version)
        flow = flow_of(("client", packet))
        assert flow.quic is not None
        assert flow.quic.google
        assert flow.quic.server_name == b"google.example"
        assert flow.client_hello is None

    @pytest.mark.parametrize(
        "payload",
        [public_packet(b"Q0x3"), public_packet(flags=0x08), public_packet(flags=0x01), b"\x09" + DCID + Q043, b"\x09"],
    )
    def test_other_datagrams_are_not_google_s(self, payload: bytes) -> None:
        assert QuicOpener(QuicKeys())(payload, 0, len(payload)) is None


class TestGreeting:
    def test_the_value_of_a_tag_ends_at_its_offset(self) -> None:
        assert find_server_name(b"frames" + CHLO + bytes(9)) == b"google.example"
        assert find_server_name(greeting(SNI=b"")) == b""

    def test_without_the_tag_there_is_no_name(self) -> None:
        assert find_server_name(greeting(PAD=b"", VER=Q043)) is None
        assert find_server_name(b"SHLO" + CHLO[4:]) is None

    def test_one_cut_at_each_octet_gives_the_whole_name_or_none(self) -> None:
        for cut in range(len(CHLO)):
            assert find_server_name(CHLO[:cut]) in (None, b"google.example")

    def test_offsets_that_run_backwards_are_not_believed(self) -> None:
        tags = b"PAD\x00" + (9).to_bytes(4, "little") + b"SNI\x00" + (4).to_bytes(4, "little")
        assert find_server_name(b"CHLO\x02\x00\x00\x00" + tags + bytes(40)) is None

    def test_a_count_past_the_limit_is_not_believed(self) -> None:
        assert find_server_name(b"CHLO\x00\x10\x00\x00" + b"SNI\x00\x02\x00\x00\x00" * 0x1000 + b"ab") is None

    @given(st.binary(max_size=200))
    def test_any_octets_give_a_name_or_none(self, octets: bytes) -> None:
        name = find_server_name(b"CHLO" + octets)
        assert name is None or name in octets
