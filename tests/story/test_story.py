"""A story says what happened, in order, and its display filter shows that connection alone."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from samples import CAPTURES, inspect
from tls_vectors import (
    CHANGE_CIPHER_SPEC,
    client_hello,
    extension,
    handshake,
    key_share,
    message,
    retry_request,
    server_name,
    sslv2_hello,
    supported_versions,
    u16,
    vector16,
)
from traffic import converse, tls12_turns, write_pcap

import tlsinspect
from tests.synthetic import make_connection, make_failed_connection, make_frames
from tlsinspect.columns import CONNECTIONS
from tlsinspect.display_filter import time_filter
from tlsinspect.story import Story, build, iter_stories
from tlsinspect.story.build import client_trust_text, trust_text, unseen
from tlsinspect.story.clues import find_clues
from tlsinspect.story.facts import build_offered
from tlsinspect.story.find import similar_names
from tlsinspect.story.words import FLAWS
from tlsinspect.validation.record import VERDICTS


def tell(sample: str, place: int = 0) -> Story:
    inspection = inspect(sample)
    return inspection.story(inspection.connections["connection_id"].iloc[place])


def titles(story: Story) -> list[str]:
    return [step.title for step in story.steps]


def test_a_handshake_of_tls12_is_told_message_by_message() -> None:
    story = tell("handshakes/client-certificate-tls12.pcap")
    assert titles(story)[:3] == ["ClientHello", "ServerHello", "Certificate"]
    assert titles(story).count("Finished (encrypted)") == 2
    assert [step.packet for step in story.steps[:3]] == [4, 6, 7]
    assert story.title.endswith(": TLS 1.2") and tell("handshakes/ssh-on-443.pcap").title.endswith(": ssh")
    assert {certificate.side for certificate in story.certificates} == {"client", "server"}
    assert story.outcome.startswith("The handshake succeeded: both sides sent Finished.")


def test_connections_are_told_alike_however_many_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    inspection = inspect("demo.pcapng")
    some = inspection.connections.iloc[::9]
    alone = [inspection.story(name) for name in some["connection_id"]]
    monkeypatch.setattr(build, "BATCH", 3)
    told = list(iter_stories(inspection, some))
    assert len(told) > 50
    assert told == alone


def test_tls13_hides_the_certificate_and_the_story_says_so() -> None:
    story = tell("handshakes/tls13.pcapng")
    assert "Encrypted handshake, then application data" in titles(story)
    assert story.unseen == ("No server certificate: TLS 1.3 encrypts it.",)


def test_a_retry_is_no_server_hello() -> None:
    shown = titles(tell("handshakes/hello-retry-request.pcap"))
    assert [title for title in shown if "Hello" in title] == [
        "ClientHello", "HelloRetryRequest", "ClientHello again", "ServerHello",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sample",
    ["hello-retry-request.pcap", "dtls12.pcap", "quic-retry.pcapng", "quic-version-negotiation.pcap"],
)
def test_a_second_hello_is_what_the_server_asked_for(sample: str) -> None:
    (again,) = [step.explanation for step in tell(f"handshakes/{sample}").steps if step.title == "ClientHello again"]
    assert again == "The client repeats its hello with what the server asked for."


def test_a_retry_shows_that_it_is_tls13_where_no_server_hello_follows(tmp_path: Path) -> None:
    hello = handshake(message(1, client_hello(supported_versions(0x0304) + key_share(29))))
    retry = handshake(message(2, retry_request(23))) + CHANGE_CIPHER_SPEC
    inspection = tlsinspect.read(write_pcap(tmp_path / "retry.pcap", converse(hello, retry, hello)))
    (told,) = (
        step for step in inspection.story(inspection.connections["connection_id"][0]).steps if "Change" in step.title
    )
    assert told.explanation.startswith("In TLS 1.3 it means nothing")


def test_a_second_hello_that_nobody_asked_for_was_sent_twice(tmp_path: Path) -> None:
    hello, *rest = tls12_turns(server_name(b"name"))
    write_pcap(tmp_path / "twice.pcap", converse(hello + hello, *rest))
    made = tlsinspect.read(tmp_path / "twice.pcap")
    (name,) = made.connections["connection_id"]
    (again,) = [step.explanation for step in made.story(name).steps if step.title == "ClientHello again"]
    assert again == "The client sent a hello twice here: nothing in the capture asked it to."


@pytest.mark.parametrize(
    ("sample", "words"),
    [
        ("handshakes/alert-unknown-ca.pcap", "does not trust the authority"),
        ("handshakes/http-on-443.pcap", "This is not TLS: it is http"),
        ("handshakes/silent-on-443.pcap", "Nobody said anything"),
        ("handshakes/reset-after-hello.pcap", "The server reset the connection (packet 6)"),
        ("variants/quic-server-only.pcap", "cannot be said"),
        ("handshakes/tls12.pcap", "of application data from the client"),
        # tshark with the keys: 28 and 59 octets are application data, the rest is the end of the handshake
        ("handshakes/tls13.pcapng", "133 B in encrypted records from the client, 2.4 kB from the server, with the "),
        ("handshakes/quic-v2.pcap", "in 0-RTT and 1-RTT packets from the client"),
    ],
)
def test_the_outcome_is_said_in_plain_words(sample: str, words: str) -> None:
    assert words in tell(sample).outcome


def test_other_connections_tell_about_a_handshake_that_failed() -> None:
    inspection = inspect("demo.pcapng")
    rows = inspection.connections
    failed = rows[(rows["failure_cause"] == "no_common_version").fillna(False)]
    clues = [clue for name in failed["connection_id"] for clue in inspection.story(name).clues]
    assert any(clue.startswith("The same server finished") for clue in clues)
    assert any("on the versions" in clue and "offers none of these" in clue for clue in clues)
    done = rows[(rows["established"] == True).fillna(False)]["connection_id"].iloc[0]  # noqa: E712
    assert inspection.story(done).clues == ()


def test_the_same_server_is_one_of_the_same_transport() -> None:
    rows = inspect("demo.pcapng").connections
    failed = rows[(rows["failure_cause"] == "no_common_version").fillna(False)].iloc[0]
    row = failed.astype(object).where(failed.notna(), None).to_dict()
    others = rows[rows["connection_id"] != row["connection_id"]]
    assert any("same server" in clue for clue in find_clues(row, others))
    assert not any("same server" in clue for clue in find_clues(row, others.assign(transport="udp")))


def clues_of(failed: dict[str, Any], *others: dict[str, Any]) -> list[str]:
    """What the other connections tell about one that failed, which is among the frame's rows, too."""
    frame = make_frames(connections=[failed, *others]).connections
    row = frame.iloc[0].astype(object)
    return list(find_clues(row.where(row.notna(), None).to_dict(), frame))


def test_a_handshake_is_not_compared_with_itself() -> None:
    failed = make_failed_connection(1)
    assert clues_of(failed) == []
    assert clues_of(failed, make_connection(2, client_ip="192.0.2.9")) == [
        "The same server finished 1 of 1 other handshake seen here."
    ]


def test_silence_is_told_by_connections_of_the_same_capture() -> None:
    failed = make_failed_connection(1, failure="closed")
    later = make_connection(9, server_ip="198.51.100.2", client_ip="192.0.2.9")
    assert clues_of(failed, later) == ["Other connections go on for 8 s after this one's last packet."]
    assert clues_of(failed, later | {"capture": "another.pcapng"}) == []


def test_a_connection_is_found_by_packet_id_name_and_address() -> None:
    inspection = inspect("demo.pcapng")
    for text in ("212", "#212", 212, "6d88a2d6", "192.0.2.30:52934"):
        assert inspection.find_connections(text)["connection_id"].tolist() == ["6d88a2d61b5927da"]
    assert len(inspection.find_connections("OLD.test")) > 1
    assert inspection.find_connections("nobody").empty
    for spellings in (
        ("2001:db8:2::14", "2001:DB8:2::14", "2001:db8:2:0:0:0:0:14", "[2001:db8:2::14]", " [2001:DB8:2:0::14]:443 "),
        ("broker.test", "Broker.TEST.", " broker.test "),
        ("broker.test:8883", "BROKER.test.:8883"),
        ("2001:db8:1::14", "2001:db8:1:0::14"),
    ):
        found = {tuple(inspection.find_connections(text)["connection_id"]) for text in spellings}
        assert len(found) == 1 and found != {()}, spellings
    ports = inspection.find_connections("broker.test:8883")["server_port"]
    assert set(ports) == {8883} and len(ports) < len(inspection.find_connections("broker.test"))
    for text in ("broker.test:1", "[broker.test", "192.0.2.30:1", "2001:db8:2::14:443", "192.0.2.300", "", "#", ":443"):
        assert inspection.find_connections(text).empty, text
    with pytest.raises(KeyError):
        inspection.story("nobody")


def test_a_connection_in_which_the_clock_was_set_back_has_no_negative_length() -> None:
    story = tell("variants/tcp-time-backwards.pcap")
    [time] = [fact.value for fact in story.facts if fact.name == "time"]
    assert time.endswith(" UTC; the recorder's clock was set back meanwhile")
    row = inspect("variants/tcp-time-backwards.pcap").connections.iloc[0]
    first, last = re.findall(r"[0-9]+[.][0-9]+", time_filter(dict(row)))
    assert (first, last) == (f"{row['time_end'].timestamp():.6f}000", f"{row['time_start'].timestamp():.6f}000")
    assert first < last


@pytest.mark.skipif(shutil.which("tshark") is None, reason="no tshark")
@pytest.mark.parametrize("sample", ["variants/recorded-port-reused.pcap", "handshakes/quic-early-data.pcap"])
def test_the_display_filter_shows_the_packets_of_one_connection(sample: str) -> None:
    connections = inspect(sample).connections
    for place in range(len(connections)):
        story = tell(sample, place)
        command = [
            "tshark",
            "-r",
            str(CAPTURES / sample),
            "-Y",
            story.display_filter,
            "-T",
            "fields",
            "-e",
            "frame.number",
        ]
        shown = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        row = connections.iloc[place]
        assert {str(step.packet) for step in story.steps} <= set(shown)
        assert len(shown) < sum(connections["client_packets"]) + sum(connections["server_packets"])
        assert len(shown) == row["client_packets"] + row["server_packets"]


def test_a_story_says_in_a_sentence_whether_the_chain_is_trusted() -> None:
    inspection = inspect("handshakes/certificate-self-signed.pcap")
    [name] = inspection.connections["connection_id"]
    assert inspection.story(name).trust.startswith(
        "A client that trusts Mozilla's roots refuses the server's chain (self signed): CN="
    )
    hidden = inspect("handshakes/suite-tls13-aes128-gcm.pcap")
    assert hidden.story(hidden.connections["connection_id"].iloc[0]).trust == ""


def test_of_a_handshake_that_the_capture_cuts_off_the_end_is_unknown() -> None:
    inspection = inspect("variants/rotated-1.pcap")
    (id_,) = inspection.connections["connection_id"]
    outcome = inspection.story(id_).outcome
    assert outcome.startswith("The capture ends")
    assert "whether the handshake was finished is unknown" in outcome


@pytest.mark.parametrize(
    ("sample", "said"),
    [
        ("client-certificate-none.pcap", "The client was asked for a certificate and sent none."),
        (
            "client-certificate-self-signed.pcap",
            "A server that trusts Mozilla's roots and no authority of its own refuses the client's chain "
            "(self signed): CN=stranger is a self-signed certificate and not among what is trusted.",
        ),
        ("client-certificate-tls13.pcapng", ""),
        ("certificate-expired.pcap", ""),
    ],
)
def test_a_story_says_what_a_clients_chain_is_worth(sample: str, said: str) -> None:
    assert tell(f"handshakes/{sample}").client_trust == said


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_verdict_on_a_clients_chain_has_a_sentence_about_the_client(verdict: str) -> None:
    text = client_trust_text(["aa"], [{"verdict": verdict, "detail": "CN=a leads to CN=b"}])
    assert "the client's chain" in text.lower() and text.endswith(f"({verdict.replace('_', ' ')}): CN=a leads to CN=b.")
    assert client_trust_text(None, []) == client_trust_text(["aa"], []) == ""


@pytest.mark.parametrize("verdict", ["unsupported", "limit", "not_observable"])
def test_a_chain_that_could_not_be_judged_is_refused_by_nobody(verdict: str) -> None:
    rows = [{"verdict": verdict, "detail": "why"}]
    text = f"chain is trusted cannot be said ({verdict.replace('_', ' ')}): why."
    assert trust_text(rows) == f"Whether the server's {text}"
    assert client_trust_text(["aa"], rows) == f"Whether the client's {text}"


@pytest.mark.parametrize(
    ("groups", "meaning"),
    [((0x2A2A, 0x11EC, 29), "Post-quantum among them."), ((0x2A2A, 29, 23), "None of them post-quantum.")],
)
def test_a_story_says_whether_groups_offered_hold_against_quantum_computers(
    groups: tuple[int, ...], meaning: str, tmp_path: Path
) -> None:
    hello = client_hello(extension(10, vector16(u16(*groups))) + supported_versions(0x0304))
    path = write_pcap(tmp_path / "offered.pcap", converse(handshake(message(1, hello))))
    (id_,) = tlsinspect.read(path).connections["connection_id"]
    (offered,) = [fact for fact in tlsinspect.read(path).story(id_).offered if fact.name == "groups"]
    assert offered.meaning == meaning


def test_signalling_values_are_no_suites() -> None:
    rc4, gcm, renegotiation, fallback = 0x0005, 0xC02F, 0x00FF, 0x5600
    row: dict[str, object] = dict.fromkeys(column.name for column in CONNECTIONS)
    row |= {"client_hello_packet": 1, "cipher_suites": [rc4, gcm, renegotiation, fallback]}
    offered = {fact.name: (fact.value, fact.meaning) for fact in build_offered(row)}
    suites = "TLS_RSA_WITH_RC4_128_SHA, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    assert offered["cipher suites"] == (suites, "1 of 2 is weak.")
    assert offered["signals"][0] == "TLS_EMPTY_RENEGOTIATION_INFO_SCSV, TLS_FALLBACK_SCSV"
    strong = build_offered(row | {"cipher_suites": [gcm, renegotiation]})
    assert [fact.meaning for fact in strong if fact.name == "cipher suites"] == [""]


def test_the_suites_that_are_listed_and_those_left_out_are_all_that_are_counted() -> None:
    story = tell("handshakes/ssl2.pcap", 2)
    (suites,) = [fact for fact in story.offered if fact.name == "cipher suites"]
    listed, rest = suites.value.rsplit(", ", 1)
    (all_of_them,) = re.findall(r"of ([0-9]+) are weak", suites.meaning)
    assert listed.count(",") + 1 + int(rest.removesuffix(" more")) == int(all_of_them)


def test_ssl2_is_told_in_its_own_words(tmp_path: Path) -> None:
    kinds = bytes.fromhex("010080 0700c0 060040")
    sealed = u16(0x8000 | 40) + b"\x99" * 40
    answer = bytes([4, 0, 1]) + u16(2, 30, 6, 16) + bytes(30) + kinds[:6] + b"connection ident"
    key = b"\x02" + kinds[3:6] + u16(0, 64, 8) + bytes(72)
    hellos = (sslv2_hello(2, kinds), u16(0x8000 | len(answer)) + answer)
    turns = (u16(0x8000 | len(key)) + key, sealed, sealed, sealed, sealed)
    made = tlsinspect.read(write_pcap(tmp_path / "ssl2.pcap", converse(*hellos, *turns)))
    story = made.story(made.connections["connection_id"][0])
    assert story.outcome.endswith("How much application data followed is not known.")
    assert titles(story) == ["ClientHello", "ServerHello", "ClientMasterKey", *["Encrypted message"] * 4]
    assert "renegotiation" not in " ".join(step.explanation for step in story.steps)
    told = {fact.name: fact.value for fact in (*story.offered, *story.chosen)}
    assert told["cipher suites"].split(", ")[0] == "SSL_CK_RC4_128_WITH_MD5" and told["cipher suites"].count(",") == 2
    assert told["known ciphers"] == "SSL_CK_RC4_128_WITH_MD5, SSL_CK_DES_192_EDE3_CBC_WITH_MD5"
    assert told["cipher suite"] == "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"


def test_faults_that_are_told_alike_are_told_once() -> None:
    row = dict.fromkeys((*FLAWS, "certificate_sha256s")) | {"unknown_reasons": {}, "capture": "a.pcap"}
    text = "handshake: truncated{}, expected 2 octets, 0 left"
    fault = {
        "capture": "a.pcap",
        "layer": "handshake",
        "kind": "truncated",
        "packet": 4,
        "expected": "2 octets, 0 left",
    }
    told = unseen(row, [fault, fault | {"packet": None}, fault, fault | {"capture": "b.pcap"}])
    assert told == [
        f"{text.format(' in packet 4')} (2 times).",
        f"{text.format('')}.",
        f"{text.format(' in packet 4 of b.pcap')}.",
    ]


def test_of_the_server_names_that_may_be_meant_three_are_named() -> None:
    assert len(similar_names(inspect("demo.pcapng"), ".test")) == 3
