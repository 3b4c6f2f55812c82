"""Answers hold on captures whose truth is known, and say of what they speak."""

from __future__ import annotations

import re
from typing import Any

import pytest
from samples import inspect

from tests.synthetic import NOON, make_connection, make_failed_connection, make_frames, make_old_connection
from tlsinspect.answers import QUESTIONS, Answer
from tlsinspect.answers.build import build_answer
from tlsinspect.answers.cases import ADVICE_FILTER, ADVICE_KEYS
from tlsinspect.charts import compose_chart
from tlsinspect.opening import command_arguments
from tlsinspect.report.page import kin_tile
from tlsinspect.statistics import build_shares
from tlsinspect.statistics.wording import statement
from tlsinspect.wire.limits import DEFAULT_LIMITS, Limits

UNTRUSTED = "the authority is not trusted (alert unknown_ca from client)"


def ask(sample: str) -> dict[str, Answer]:
    return {answer.id: answer for answer in inspect(sample).answers()}


@pytest.mark.parametrize(
    ("sample", "question", "count", "denominator", "what"),
    [
        ("handshakes/http-on-443.pcap", "tls-ports", 0, 1, "http"),
        ("handshakes/tls-on-80.pcap", "other-ports", 1, 1, "tls on port 80"),
        ("handshakes/alert-unknown-ca.pcap", "handshakes", 0, 1, UNTRUSTED),
        ("handshakes/tls13.pcapng", "tls13", 1, 1, "TLS 1.3"),
        ("handshakes/suite-rsa-aes256-gcm.pcap", "forward-secrecy", 1, 1, "RSA"),
        ("handshakes/tls10.pcap", "old-versions", 1, 1, "TLS 1.0"),
        ("handshakes/suite-rsa-rc4-sha.pcap", "weak-suites", 1, 1, "RC4"),
        ("handshakes/suite-anonymous-dh-aes128-cbc.pcap", "weak-suites", 1, 1, "no authentication"),
        ("handshakes/certificate-self-signed.pcap", "certificate-checks", 1, 1, "self-signed"),
        ("handshakes/delegated-credential-offer.pcap", "key-elsewhere", 1, 1, "accepts delegated credentials"),
        ("handshakes/tls13.pcapng", "not-seen", 1, 1, "TLS 1.3 encrypts it"),
    ],
)
def test_an_answer_counts_what_the_capture_was_made_to_hold(
    sample: str, question: str, count: int, denominator: int, what: str
) -> None:
    answer = ask(sample)[question]
    assert (answer.count, answer.denominator) == (count, denominator)
    assert [case.what for case in answer.details] == [what]


def test_where_tls_ports_carry_tls_alone_the_answer_is_yes() -> None:
    frames = make_frames(connections=[make_connection(1), make_connection(2)])
    answer = build_answer(QUESTIONS["tls-ports"], frames, "x.pcap")
    assert answer.answer.startswith("Yes, ") and answer.cases == 0


def test_certificates_whose_dates_cannot_be_read_or_compared_are_unknown() -> None:
    dated = {"not_before": NOON, "not_after": NOON, "first_seen": NOON, "last_seen": NOON}
    rows = [{"sha256": "aa", **dated, **lacks} for lacks in ({}, {"not_after": None}, {"last_seen": None})]
    answer = build_answer(QUESTIONS["certificate-dates"], make_frames(certificates=rows), "x.pcap")
    assert (answer.denominator, answer.unknown_reasons) == (1, {"malformed": 1, "not_captured": 1})


def test_tls_ports_are_answered_as_their_chart_does() -> None:
    said = ["tls", "unknown", "http", "unknown", "silent"]
    frames = make_frames(connections=[make_connection(at, protocol=name) for at, name in enumerate(said)])
    answer = build_answer(QUESTIONS["tls-ports"], frames, "x.pcap")
    assert (answer.count, answer.denominator, answer.unknown_reasons) == (1, 4, {"silent": 1})
    assert answer.answer.endswith("carry TLS; the rest is not TLS: an unknown protocol 2, http 1.")
    assert answer.cases == 3
    assert statement(build_shares("protocols", frames)) == (
        "TLS is spoken on 25% of the 4 connections that show it to TLS ports"
    )
    assert compose_chart("ports", frames).note == "On 1 connection nobody spoke: not part of the share above."


def test_tls_1_3_is_counted_with_its_drafts_and_says_so() -> None:
    versions = [(0x0304, "TLS 1.3"), (0x7F17, "TLS 1.3 (draft 23)"), (0xFEFC, "DTLS 1.3"), (0x0303, "TLS 1.2")]
    rows = [make_connection(at, version=code, version_name=name) for at, (code, name) in enumerate(versions)]
    frames = make_frames(connections=rows)
    answer = build_answer(QUESTIONS["tls13"], frames, "x.pcap")
    assert (answer.count, answer.denominator, answer.cases) == (3, 4, 3)
    assert answer.answer.startswith("75% of connections agreed on TLS 1.3, its drafts or DTLS 1.3 (")
    said = statement(build_shares("versions", frames))
    assert said == "TLS 1.3 was agreed for 25% of connections, with its drafts and DTLS 1.3 for 75%"
    assert statement(build_shares("versions", frames, "servers")).endswith("with its drafts and DTLS 1.3 for 100%")
    assert kin_tile(build_shares("versions", frames)).value == "75%"


def test_one_thing_is_not_said_in_the_plural() -> None:
    frames = make_frames(connections=[make_old_connection(1)])
    below = build_answer(QUESTIONS["below-tls13"], frames, "x.pcap").answer
    assert below.startswith("Of 1 connection below TLS 1.3: ")
    assert build_answer(QUESTIONS["old-versions"], frames, "x.pcap").answer.endswith("; 1 client, 1 server.")
    assert "name the server too (1 name)." in build_answer(QUESTIONS["visible"], frames, "x.pcap").answer
    frames = make_frames(connections=[make_old_connection(at, server_port=port) for at, port in enumerate((443, 993))])
    assert build_answer(QUESTIONS["old-versions"], frames, "x.pcap").answer.endswith("; 1 client, 2 servers.")
    frames = make_frames(connections=[make_connection(at, server_name=name) for at, name in enumerate(("A.b", "a.B"))])
    answer = build_answer(QUESTIONS["visible"], frames, "x.pcap")
    assert "(1 name)" in answer.answer and [case.connections for case in answer.details] == [2]


def test_what_cannot_tell_is_not_said_to_hold_up_or_to_be_none() -> None:
    unseen = make_old_connection(
        1, client_hello_packet=None, client_legacy_version=None, supported_versions=None, server_name=None,
        unknown_reasons=[("supported_versions", "midstream"), ("validation", "midstream")],
    )  # fmt: skip
    frames = make_frames(connections=[make_connection(0), unseen])
    below = build_answer(QUESTIONS["below-tls13"], frames, "x.pcap")
    assert (below.answer, below.unknown) == ("Nothing that can tell is below it.", 1)
    frames = make_frames(connections=[make_old_connection(0), unseen, make_old_connection(2, validation="expired")])
    below = build_answer(QUESTIONS["below-tls13"], frames, "x.pcap").answer
    assert below.startswith("Of 2 connections below TLS 1.3 that can tell: ")
    holds = build_answer(QUESTIONS["certificate-checks"], frames, "x.pcap").answer
    assert holds == "The one connection that shows it got a certificate with something against it: expired 1."


def test_what_speaks_against_a_certificate_whose_name_is_lost_is_told_and_makes_no_share() -> None:
    lost: dict[str, Any] = {
        "client_hello_packet": None, "server_name": None, "psk_offered": None, "validation": None,
        "unknown_reasons": [("validation", "one_sided"), ("name_matches", "one_sided")],
    }  # fmt: skip
    good, expired = {"validation": "leaf_ok"}, {"validation": "expired"}
    rows = [good, good, expired, lost, lost, lost | expired, expired | {"server_name": None}]
    frames = make_frames(connections=[make_old_connection(at, **row) for at, row in enumerate(rows)])
    answer = build_answer(QUESTIONS["certificate-checks"], frames, "x.pcap")
    assert answer.answer == (
        "50% of the 4 connections that show it got a certificate with something against it: expired 2; "
        "so did 1 of those whose name is not known."
    )
    assert (answer.unknown, answer.unknown_reasons, answer.cases) == (3, {"one_sided": 3}, 3)


def test_a_flawed_capture_comes_with_advice() -> None:
    answer = ask("variants/tcp-client-only.pcap")["capture-quality"]
    assert answer.count == 0
    assert any("both directions" in advice for advice in answer.advice)


def test_where_there_is_no_tls_nothing_is_said_of_keys_that_would_open_it() -> None:
    quality = build_answer(QUESTIONS["capture-quality"], make_frames(), "x.pcap")
    assert (quality.answer, quality.advice) == ("There is no TLS. 0 problems while reading.", ())
    assert ask("handshakes/tls12.pcap")["capture-quality"].advice == (ADVICE_KEYS,)


def test_a_capture_of_handshakes_alone_is_told_from_one_that_ends_early() -> None:
    cut = {"established": False, "failure": "capture_end", "midstream": True}
    rows = [make_connection(at, **cut, client_application_bytes=0, server_application_bytes=0) for at in range(3)]
    filtered = build_answer(QUESTIONS["capture-quality"], make_frames(connections=rows), "x.pcap")
    assert "a filter kept the handshakes alone" in filtered.answer
    assert filtered.advice == (ADVICE_FILTER,)
    early = make_frames(connections=[*rows, make_connection(3, client_application_bytes=9)])
    assert "filter" not in build_answer(QUESTIONS["capture-quality"], early, "x.pcap").answer
    assert build_answer(QUESTIONS["handshakes"], early, "x.pcap").denominator == 1


def test_every_question_is_answered_once_and_its_cases_are_those_that_it_counts() -> None:
    inspection = inspect("demo.pcapng")
    answers = inspection.answers()
    assert [answer.id for answer in answers] == list(QUESTIONS)
    for answer in answers:
        assert 0 <= answer.count <= answer.denominator
        assert answer.cases == len(inspection.cases(answer.id))
        assert sum(answer.unknown_reasons.values()) == answer.unknown
        assert answer.command.endswith(f" --cases {answer.id}")
    for name in ("tls13", "below-tls13", "old-versions", "forward-secrecy", "weak-suites", "post-quantum", "resumed"):
        (answer,) = [each for each in answers if each.id == name]
        assert answer.count == answer.cases


def test_commands_repeat_the_options_that_are_not_the_default() -> None:
    assert command_arguments(["a b.pcap"], {443, 8443}, "first", DEFAULT_LIMITS) == "'a b.pcap'"
    words = command_arguments(["-x.pcap", "-"], {443, 1}, "last", Limits(dtls_messages=7))
    assert words == "./-x.pcap - --ports 1,443 --overlap last --limit dtls_messages=7"


def test_where_there_is_no_tls_no_answer_speaks_of_hellos() -> None:
    for question in ("key-elsewhere", "visible"):
        answer = build_answer(QUESTIONS[question], make_frames(), "x.pcap")
        assert (answer.answer, answer.denominator) == ("There are no ClientHellos to ask.", 0)


def test_where_no_hello_was_seen_nothing_is_said_of_what_it_had() -> None:
    answers = ask("variants/tcp-server-only.pcap")
    for question in ("key-elsewhere", "visible"):
        assert not re.search("Hello|0 names", answers[question].answer)
        assert answers[question].unknown_reasons == {"one_sided": 1}


def test_self_signed_certificates_are_of_no_authority_and_one_port_is_no_ports() -> None:
    answers = ask("handshakes/certificate-self-signed.pcap")
    assert answers["authorities"].answer == "No authority issued a server certificate; self-signed 1."
    title = compose_chart("authorities", inspect("handshakes/certificate-self-signed.pcap")).title
    assert title == "Most common issuer: self-signed, all certificates"
    away = "handshakes/tls-on-80.pcap"
    assert ask(away)["other-ports"].answer == "Yes: all TLS connections, on port 80/tcp 1."
    assert compose_chart("ports", inspect(away)).title == "No connection to a TLS port; TLS on 1 other port"


def test_a_name_in_the_greeting_of_googles_quic_is_visible_too() -> None:
    old = {"client_hello_packet": None, "protocol": "gquic", "delegated_credential": None}
    reasons = [("delegated_credential", "not_applicable")]
    rows = [make_connection(0), make_connection(1, unknown_reasons=reasons, server_name="old.example", **old)]
    answer = build_answer(QUESTIONS["visible"], make_frames(connections=rows), "x.pcap")
    assert (answer.count, answer.denominator, answer.unknown, answer.cases) == (2, 2, 0, 2)
    assert "(2 names)" in answer.answer


def test_what_a_failed_handshake_never_came_to_is_no_case_of_what_could_not_be_seen() -> None:
    broken = make_failed_connection(1, unknown_reasons=[("certificate_sha256s", "malformed")])
    hidden = make_connection(2, unknown_reasons=[("certificate_sha256s", "encrypted")], certificate_sha256s=None)
    answer = build_answer(QUESTIONS["not-seen"], make_frames(connections=[broken, hidden]), "x.pcap")
    assert (answer.count, answer.denominator, answer.cases) == (1, 1, 1)


def test_a_certificate_whose_names_cannot_be_read_has_not_none() -> None:
    rows = [make_connection(at, certificate_sha256s=[name]) for at, name in enumerate(("aa", "bb", "cc"))]
    names = {"aa": ["a.test", "b.test"], "bb": ["c.test"], "cc": None}
    certificates = [
        {"sha256": name, "san_dns": known, "san_ip": None if known is None else []} for name, known in names.items()
    ]
    frames = make_frames(connections=rows, certificates=certificates)
    answer = build_answer(QUESTIONS["names-per-certificate"], frames, "x.pcap")
    assert (answer.count, answer.denominator, answer.unknown_reasons) == (1, 2, {"malformed": 1})
    assert "the median is 1.5, the most 2" in answer.answer
    lost = make_frames(connections=rows[2:], certificates=certificates[2:])
    assert build_answer(QUESTIONS["names-per-certificate"], lost, "x.pcap").answer == "Nothing here can tell."


def test_a_hello_that_cannot_have_an_extension_is_not_unknown() -> None:
    old = {"client_hello_packet": None, "protocol": "gquic", "delegated_credential": None, "server_name": None}
    reasons = [("delegated_credential", "not_applicable"), ("server_name", "gap")]
    rows = [make_connection(0), make_connection(1, unknown_reasons=reasons, **old)]
    frames = make_frames(connections=rows)
    assert build_answer(QUESTIONS["key-elsewhere"], frames, "x.pcap").unknown_reasons == {}
    assert build_answer(QUESTIONS["visible"], frames, "x.pcap").unknown_reasons == {"gap": 1}
    silent = make_frames(connections=[*rows, make_connection(2, **old)])
    assert build_answer(QUESTIONS["key-elsewhere"], silent, "x.pcap").unknown_reasons == {"not_captured": 1}
