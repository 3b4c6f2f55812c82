"""JA3, JA3S and JA4 of published examples, and of hellos in which something is absent or odd."""

from __future__ import annotations

import pytest
import tls_vectors as tls

from tlsinspect.fingerprints import (
    hexes,
    ja3_text,
    ja3s_text,
    ja4_alpn,
    ja4_hash,
    ja4_texts,
    ja4_version,
    md5_hex,
    pairs,
)
from tlsinspect.wire.messages import ClientHello, parse_client_hello, parse_server_hello, parse_sslv2_client_hello

GREASE = [0x0A0A + 0x1010 * step for step in range(16)]

# The example of the JA4 specification ("Technical Details"), in the order in which it stands there.
SUITES = [
    0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014, 0x009C, 0x009D, 0x002F,
    0x0035,
]  # fmt: skip
EXTENSIONS = [0x1B, 0, 0x33, 0x10, 0x4469, 0x17, 0x2D, 0x0D, 5, 0x23, 0x12, 0x2B, 0xFF01, 0x0B, 0x0A, 0x15]
ALGORITHMS = [0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601]
DATA = {
    0: tls.server_name(b"name")[4:],
    0x10: tls.alpn(b"h2", b"http/1.1")[4:],
    0x0D: tls.vector16(tls.u16(*ALGORITHMS)),
    0x2B: tls.vector8(tls.u16(0x0304, 0x0303)),
    0x0A: tls.vector16(tls.u16(29, 23)),
    0x0B: b"\x01\x00",
}


def hello_of(
    extensions: list[int] | None = None, suites: list[int] | None = None, data: dict[int, bytes] | None = None
) -> ClientHello:
    """The example's hello, or one with other suites, extension types or extension data."""
    contents = DATA | (data or {})
    block = b"".join(
        tls.extension(kind, contents.get(kind, b"")) for kind in (EXTENSIONS if extensions is None else extensions)
    )
    return parse_client_hello(tls.client_hello(block, tls.u16(*(SUITES if suites is None else suites))))


class TestJa3:
    def test_the_published_example_with_extensions(self) -> None:
        suites = [47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4]
        block = (
            tls.server_name(b"name")
            + tls.extension(10, tls.vector16(tls.u16(23, 24, 25)))
            + tls.extension(11, b"\x01\x00")
        )
        text = ja3_text(parse_client_hello(tls.client_hello(block, tls.u16(*suites), 0x0301)))
        assert text == "769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0"
        assert md5_hex(text) == "ada70206e40642a3e4461f35503241d5"

    def test_the_published_example_without_extensions(self) -> None:
        suites = tls.u16(4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99)
        text = ja3_text(parse_client_hello(tls.client_hello(None, suites, 0x0301)))
        assert text == "769,4-5-10-9-100-98-3-6-19-18-99,,,"
        assert md5_hex(text) == "de350869b8c85de67a350c8d186f11e6"

    def test_lists_stay_in_wire_order(self) -> None:
        assert ja3_text(hello_of([11, 0x0D, 10], [0xC02F, 4, 0x1301])) == "771,49199-4-4865,11-13-10,29-23,0"

    def test_grease_is_left_out_of_every_list(self) -> None:
        data = {0x0A: tls.vector16(tls.u16(GREASE[3], 29, GREASE[4])), 0x0B: b"\x02\x00\x01"}
        text = ja3_text(hello_of([GREASE[0], 10, 11, GREASE[15]], [GREASE[1], 0x1301], data))
        assert text == "771,4865,10-11,29,0-1"

    def test_the_version_is_the_legacy_one_whatever_is_offered(self) -> None:
        assert ja3_text(hello_of([0x2B], [0x1301])) == "771,4865,43,,"

    def test_a_hello_without_anything_has_empty_lists(self) -> None:
        assert ja3_text(hello_of([], [])) == "771,,,,"

    def test_an_sslv2_hello_has_the_suites_that_it_offers(self) -> None:
        hello = parse_sslv2_client_hello(tls.sslv2_hello(kinds=bytes.fromhex("00002f 010080 000005"))[3:])
        assert ja3_text(hello) == "769,47-5,,,"


class TestJa3s:
    def test_the_text_is_version_suite_and_extensions(self) -> None:
        block = b"".join(tls.extension(kind) for kind in (65281, 0, 11, 35, 5)) + tls.alpn(b"h2")
        text = ja3s_text(parse_server_hello(tls.server_hello(block, 47, 0x0301)))
        assert text == "769,47,65281-0-11-35-5-16"
        assert md5_hex(text) == "836ce314215654b5b1f85f97c73e506f"

    def test_without_extensions_the_list_is_empty(self) -> None:
        assert ja3s_text(parse_server_hello(tls.server_hello(None, 5, 0x0300))) == "768,5,"

    def test_the_version_of_tls_1_3_is_the_legacy_one(self) -> None:
        assert ja3s_text(parse_server_hello(tls.RFC8448_SERVER_HELLO[4:])) == "771,4865,51-43"


class TestJa4:
    def test_the_published_example(self) -> None:
        ja4, raw = ja4_texts(hello_of(), "t")
        assert ja4 == "t13d1516h2_8daaf6152771_e5627efa2ab1"
        assert raw == (
            "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_"
            "0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_"
            "0403,0804,0401,0503,0805,0501,0806,0601"
        )

    def test_the_published_hash_without_signature_algorithms(self) -> None:
        ja4, raw = ja4_texts(hello_of(data={0x0D: b"\x00\x00"}), "t")
        assert ja4 == "t13d1516h2_8daaf6152771_6d807ffa2a79"
        assert raw.endswith("_0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01")

    def test_the_hello_of_rfc_8448(self) -> None:
        ja4, raw = ja4_texts(parse_client_hello(tls.RFC8448_CLIENT_HELLO[4:]), "t")
        assert raw.startswith("t13d030900_1301,1302,1303_000a,000d,001c,0023,002b,002d,0033,ff01_0403,0503,0603,0203,")
        assert ja4.startswith("t13d030900_55b375c5d22e_")

    @pytest.mark.parametrize("transport", ["t", "q", "d"])
    def test_the_transport_comes_first(self, transport: str) -> None:
        assert ja4_texts(hello_of(), transport)[0].startswith(f"{transport}13d")

    def test_grease_counts_nowhere(self) -> None:
        data = {
            0x0D: tls.vector16(tls.u16(GREASE[5], *ALGORITHMS)),
            0x2B: tls.vector8(tls.u16(GREASE[15], 0x0304)),
        }
        greased = hello_of([GREASE[2], *EXTENSIONS, GREASE[9]], [*GREASE, *SUITES], data)
        assert ja4_texts(greased, "t") == ja4_texts(hello_of(), "t")

    def test_numbers_that_only_look_like_grease_count(self) -> None:
        assert pairs(tls.u16(*GREASE)) == []
        assert b"".join(pairs(tls.u16(0x0A1A, 0x1A0A, 0x0B0B, 0xFAFB))) == tls.u16(0x0A1A, 0x1A0A, 0x0B0B, 0xFAFB)

    def test_signalling_suites_count(self) -> None:
        assert ja4_texts(hello_of(suites=[0x00FF, 0x5600, 0x1301]), "t")[1].split("_")[:2] == [
            "t13d0316h2",
            "00ff,1301,5600",
        ]

    def test_order_of_suites_and_extensions_does_not_matter_but_that_of_algorithms_does(self) -> None:
        shuffled = hello_of(EXTENSIONS[::-1], SUITES[::-1])
        assert ja4_texts(shuffled, "t") == ja4_texts(hello_of(), "t")
        turned = hello_of(data={0x0D: tls.vector16(tls.u16(*ALGORITHMS[::-1]))})
        assert ja4_texts(turned, "t")[0].split("_")[2] != "e5627efa2ab1"

    def test_a_hello_without_extensions(self) -> None:
        hello = parse_client_hello(tls.client_hello(None, tls.u16(5), 0x0300))
        assert ja4_texts(hello, "t") == ("ts3i010000_1ed8eb363bcd_000000000000", "ts3i010000_0005_")

    def test_a_hello_without_suites_has_zeros_for_their_hash(self) -> None:
        assert ja4_texts(hello_of([0x2B], []), "t")[0].startswith("t13i000100_000000000000_")

    def test_only_name_and_protocol_leave_no_extension_to_list(self) -> None:
        ja4, raw = ja4_texts(hello_of([0, 0x10], [0x1301]), "t")
        assert ja4.startswith("t12d0102h2_")
        assert ja4.endswith("_000000000000")
        assert raw == "t12d0102h2_1301_"

    def test_counts_stop_at_99(self) -> None:
        hello = hello_of(list(range(0x100, 0x100 + 120)), list(range(0x100, 0x100 + 100)))
        assert ja4_texts(hello, "t")[0].startswith("t12i999900_")
        assert ja4_texts(hello_of(list(range(0x100, 0x100 + 99)), [1]), "t")[0].startswith("t12i019900_")

    def test_repeated_suites_and_extensions_count_each_time(self) -> None:
        assert ja4_texts(hello_of([0x17, 0x17], [5, 5]), "t")[1] == "t12i020200_0005,0005_0017,0017"

    def test_an_empty_name_is_still_a_name(self) -> None:
        assert ja4_texts(hello_of([0], [5], {0: b""}), "t")[0].startswith("t12d")

    @pytest.mark.parametrize(
        ("offered", "expected"),
        [
            ([0x0303, 0x0304], "13"), ([0x0303], "12"), ([0x0302], "11"), ([0x0301, 0x0302], "11"), ([0x0301], "10"),
            ([0x0300], "s3"), ([0x0002], "s2"), ([0xFAFA, 0x0303], "12"), ([0x7F1C, 0x0303], "00"), ([], "12"),
            ([0x0A0A], "12"),
        ],
    )  # fmt: skip
    def test_the_version_is_the_highest_one_offered(self, offered: list[int], expected: str) -> None:
        assert ja4_version(hello_of([0x2B], data={0x2B: tls.vector8(tls.u16(*offered))})) == expected

    @pytest.mark.parametrize(
        ("version", "expected"),
        [
            (0x0304, "13"), (0x0303, "12"), (0x0302, "11"), (0x0301, "10"), (0x0300, "s3"), (0x0002, "s2"),
            (0xFEFF, "d1"), (0xFEFD, "d2"), (0x0305, "00"), (0x0A0A, "00"),
        ],
    )  # fmt: skip
    def test_without_the_extension_it_is_the_legacy_version(self, version: int, expected: str) -> None:
        assert ja4_version(parse_client_hello(tls.client_hello(None, version=version))) == expected

    def test_of_dtls_versions_the_highest_has_the_lowest_number(self) -> None:
        hello = parse_client_hello(tls.client_hello(tls.supported_versions(0xFEFC, 0xFEFD), version=0xFEFD))
        assert ja4_version(hello) == "d3"

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            (b"h2", "h2"), (b"http/1.1", "h1"), (b"h", "hh"), (b"", "00"), (b"\xab", "ab"), (b"\xab\xcd", "ad"),
            (b"\x30\xab", "3b"), (b"\x30\x31\xab\xcd", "3d"), (b"\x30\xab\xcd\x31", "01"), (b"-a", "21"), (b"a-", "6d"),
            (b"Z9", "Z9"), (b"/:", "2a"), (b"@[", "4b"), (b"`{", "6b"), (b"\n", "0a"),
        ],
    )  # fmt: skip
    def test_first_and_last_character_of_the_first_protocol(self, name: bytes, expected: str) -> None:
        assert ja4_alpn(tls.vector8(name)) == expected
        assert ja4_alpn(tls.vector8(name) + tls.vector8(b"zz")) == expected

    def test_no_protocol_is_two_zeros(self) -> None:
        assert (ja4_alpn(None), ja4_alpn(b"")) == ("00", "00")

    def test_hashes_are_twelve_digits_and_of_nothing_zeros(self) -> None:
        assert ja4_hash("") == "000000000000"
        assert ja4_hash(hexes(sorted(pairs(tls.u16(*SUITES))))) == "8daaf6152771"


def test_half_a_number_at_the_end_of_a_list_is_left_out() -> None:
    assert pairs(b"\x13\x01\x13") == [b"\x13\x01"]
    assert pairs(b"\x13") == []
    assert pairs(None) == []
