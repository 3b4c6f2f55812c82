"""Validation beside openssl verify: the same chains at the same times, every difference with a reason."""

from __future__ import annotations

import csv
import re
import shutil
import ssl
import subprocess
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import certifi
import pytest
from made_chains import openssl_codes
from samples import CAPTURES, ROOT, inspect

import tlsinspect
from tlsinspect import Inspection
from tlsinspect.certificates import parse_certificate, pem_of
from tlsinspect.errors import TlsInspectError
from tlsinspect.validation import Trust, Validator, load_trust
from tlsinspect.validation.history import HISTORY
from tlsinspect.wire.limits import DEFAULT_LIMITS

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

CORPUS = ROOT.parent / "shared" / "corpus"
MOST_OCTETS = 10_000  # of a capture of the corpus: the larger ones repeat the chains of the smaller
SAMPLES = ("handshakes/certificate-*.pcap", "handshakes/client-certificate-*", "handshakes/curl-nginx*", "demo.pcapng")
SAME = {  # verdict -> openssl's numbers for it (include/openssl/x509_vfy.h)
    "expired": {10},
    "not_yet_valid": {9},
    "self_signed": {18},
    "untrusted_root": {19, 2, 20, 21},
    "incomplete_chain": {2, 20, 21},
    "bad_signature": {7},
    "constraint_violated": {24, 25, 26, 32, 34, 47, 48, 79},
    "name_mismatch": {62, 64},
}
PEM = re.compile(r"-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----")
TRUSTED = {"constraint_violated", "wrong_order"}  # what a trusted root may be accused of where it stands as a server's
STOPS_EARLY = "openssl looks at signatures only once a path is complete"
COMMON_NAME = "openssl takes the common name where there is no DNS name, RFC 9525 section 6.3 does not"
UNKNOWN_KEY = "a key of a kind that this openssl cannot use, or that cryptography cannot"
BROKEN_PARAMETERS = "parameters of RSASSA-PSS that lack the hash (CVE-2015-3194), which openssl calls a wrong signature"
REASONS = {  # where both refuse a chain, for different reasons: verdict and openssl's number
    ("bad_signature", 20): STOPS_EARLY,
    ("bad_signature", 19): STOPS_EARLY,
    ("bad_signature", 18): STOPS_EARLY,
    ("unsupported", 19): UNKNOWN_KEY,
    ("not_yet_valid", 20): UNKNOWN_KEY,
    ("unsupported", 7): BROKEN_PARAMETERS,
}


class Case(NamedTuple):
    """A chain as it was sent, the name asked for, when, and what validation says."""

    chain: tuple[bytes, ...]
    name: str | None
    time: int
    verdict: str
    faults: tuple[str, ...]


def find_cases(inspection: Inspection, rows: Any, side: str = "") -> Iterator[Case]:
    """Each chain of an inspection with its verdict; `side` is "client_" for those that clients sent."""
    chains = inspection.arrow("connections")[f"{side}certificate_sha256s"].to_pylist()
    for row, chain in zip(rows.to_pylist(), chains, strict=True):
        if chain:
            ders = tuple(inspection.reading.context.certificates[sha256] for sha256 in chain)
            yield Case(
                ders, None if side else row["server_name"], row["time"].value, row["verdict"], tuple(row["faults"])
            )


def explain(case: Case, codes: set[int]) -> str:
    """Why both may say what they say: "" for agreement; fails where there is no reason."""
    faults = [fault for fault in case.faults if fault != "wrong_order"]
    if not codes and not faults:
        return ""
    if not codes and faults == ["name_mismatch"] and not parse_certificate(case.chain[0]).san_dns:
        return COMMON_NAME
    assert codes, f"openssl accepts what is {case.verdict}: {case.faults}"
    assert faults, f"openssl refuses what is {case.verdict}: {codes}"
    if any(codes & SAME.get(fault, set()) for fault in faults):
        return ""
    reasons = [REASONS.get((case.verdict, code)) for code in codes]
    assert any(reasons), f"{case.verdict} {case.faults}, openssl {codes}"
    return next(filter(None, reasons))


def compare(folder: Path, cases: set[Case], roots: Path, *options: str, purpose: str = "sslserver") -> list[str]:
    """The reasons for all differences."""
    said = [
        explain(case, openssl_codes(folder, case.chain, roots, case.time, case.name, *options, purpose=purpose))
        for case in cases
    ]
    return [reason for reason in said if reason]


@cache
def samples() -> list[Inspection]:
    """Sample captures with certificates of every kind."""
    found = [path for pattern in SAMPLES for path in sorted(CAPTURES.glob(pattern)) if path.suffix != ".keys"]
    return [inspect(str(path.relative_to(CAPTURES))) for path in found]


def distinct(cases: Iterator[Case]) -> set[Case]:
    """One case for each chain, name and verdict."""
    return set({(case.chain, case.name, case.verdict): case for case in cases}.values())


def test_openssl_agrees_on_the_chains_of_the_samples_with_the_default_trust(tmp_path: Path) -> None:
    cases = distinct(
        case
        for each in samples()
        for case in find_cases(each, each.trusting(load_trust(as_of="now")).arrow("validation"))
    )
    assert {case.verdict for case in cases} >= {"untrusted_root", "self_signed", "expired", "not_yet_valid"}
    assert compare(tmp_path, cases, Path(certifi.where())) == []


def test_openssl_agrees_on_the_chains_of_the_samples_when_their_authorities_are_trusted(tmp_path: Path) -> None:
    verdicts = set()
    roots = tmp_path / "roots.pem"
    for each in samples():  # apart, as authorities of the same name have another key in each
        table = each.certificates
        authorities = table[table["is_ca"].eq(True) & ~table["self_signed"]]["pem"]
        if len(authorities):
            roots.write_text("".join(authorities))
            cases = distinct(find_cases(each, each.trusting(load_trust([roots], only=True)).arrow("validation")))
            verdicts |= {case.verdict for case in cases}
            assert set(compare(tmp_path, cases, roots, "-partial_chain")) <= {COMMON_NAME}
    assert verdicts >= {"valid", "name_mismatch", "expired", "not_yet_valid", "self_signed"}


def test_openssl_agrees_on_the_chains_that_clients_sent(tmp_path: Path) -> None:
    verdicts, roots = set(), tmp_path / "roots.pem"
    for each in samples():
        if not any(each.arrow("connections")["client_certificate_sha256s"].to_pylist()):
            continue
        table = each.certificates
        roots.write_text("".join(table[table["is_ca"].eq(True)]["pem"]))
        found = distinct(find_cases(each, each.arrow("client_validation"), "client_"))
        assert compare(tmp_path, found, Path(certifi.where()), purpose="sslclient") == []
        trusting = each.trusting(load_trust([roots], only=True)).arrow("client_validation")
        mended = distinct(find_cases(each, trusting, "client_"))
        assert compare(tmp_path, mended, roots, "-partial_chain", purpose="sslclient") == []
        verdicts |= {case.verdict for case in found | mended}
    assert verdicts == {"valid", "expired", "self_signed", "untrusted_root"}


def small_captures() -> list[Path]:
    """Captures of the corpus with a certificate in the clear, the small ones."""
    if not (CORPUS / "captures.tsv").exists():
        return []
    lines = (CORPUS / "captures.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split("\t") for line in lines]
    return [
        CORPUS / "captures" / path
        for path, size, _, features in rows
        if int(size) <= MOST_OCTETS
        and any(f"neg-{kind}" in features for kind in ("tls1.2", "tls1.0", "tls1.1", "dtls"))
    ]


@cache
def corpus() -> list[Inspection]:
    """What can be read of the corpus."""
    found = []
    for path in small_captures():
        with suppress(TlsInspectError):
            found.append(tlsinspect.read(path))
    return found


def roots_of(day: str) -> list[bytes]:
    """Mozilla's roots of a day (ISO 8601), by the list of old ones alone, and after its end certifi's."""
    with HISTORY.open(encoding="ascii") as file:
        _, _, _, last = file.readline().split()
        rows = list(csv.DictReader(file))
    if day >= last:
        return [ssl.PEM_cert_to_DER_cert(block) for block in PEM.findall(certifi.contents())]
    chosen = [row for row in rows if row["added"] <= day and (not row["removed"] or day < row["removed"])]
    return [b64decode(row["certificate"]) for row in chosen]


def bundle_of(folder: Path, day: str) -> Path:
    """Those as a file."""
    path = folder / f"roots-{day}.pem"
    if not path.exists():
        path.write_text("".join(map(pem_of, roots_of(day))))
    return path


@pytest.mark.parametrize("day", ["2014-06-01", "2023-06-01"])
def test_openssl_trusts_those_of_all_roots_that_were_trusted_on_a_day(day: str, tmp_path: Path) -> None:
    moment = int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())
    trust = load_trust()
    known = {sha256: anchor.der for sha256, anchor in trust.anchors.items()}
    for sha256, der in known.items():
        (tmp_path / f"{sha256}.pem").write_text(pem_of(der))
    command = ["openssl", "verify", "-no-CApath", "-no-CAstore", "-attime", str(moment)]
    command += ["-CAfile", str(bundle_of(tmp_path, day)), *(f"{sha256}.pem" for sha256 in known)]
    told = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    accepted = set(re.findall(r"^(\w{64})\.pem: OK$", told.stdout, re.MULTILINE))
    validator = Validator(trust, known, lambda sha256: parse_certificate(known[sha256]), DEFAULT_LIMITS)
    ours = {sha256 for sha256 in known if set(judged_as_root(validator, sha256, moment)) <= TRUSTED}
    assert len(accepted) > 100 and len(known) - len(accepted) > 50
    assert accepted <= ours
    subjects = Counter(parse_certificate(der).subject for der in roots_of(day))
    for facts in (parse_certificate(known[sha256]) for sha256 in ours - accepted):
        # openssl wants a self-signed end, and looks at the first of several roots with the same subject alone
        assert facts.subject != facts.issuer or subjects[facts.subject] > 1


def judged_as_root(validator: Validator, sha256: str, moment: int) -> list[str]:
    """The faults of a root that stands alone."""
    return [fault.verdict for fault in validator.judge([sha256], moment * 10**9).faults]


@pytest.mark.skipif(not small_captures(), reason="no corpus beside the project")
def test_openssl_agrees_on_the_chains_of_the_corpus_by_the_roots_of_their_time(tmp_path: Path) -> None:
    now = corpus_cases(load_trust(as_of="now"))
    cases = corpus_cases(load_trust())
    differences: list[str] = []
    for case in {case for case in cases if not case.faults or case not in now}:  # the rest was compared already
        day = datetime.fromtimestamp(case.time // 10**9, UTC).date().isoformat()
        differences += compare(tmp_path, {case}, bundle_of(tmp_path, max(day, "2014-03-10")))
    assert sum(not case.faults for case in cases) >= 5
    assert set(differences) <= {*REASONS.values(), COMMON_NAME}
    assert len(differences) <= 5


def corpus_cases(trust: Trust) -> set[Case]:
    """The chains of the corpus, judged by a trust."""
    return distinct(case for each in corpus() for case in find_cases(each, each.trusting(trust).arrow("validation")))


@pytest.mark.skipif(not small_captures(), reason="no corpus beside the project")
def test_openssl_agrees_on_the_chains_of_the_corpus(tmp_path: Path) -> None:
    cases = corpus_cases(load_trust(as_of="now"))
    assert sum(not case.faults for case in cases) >= 3
    assert len({case.verdict for case in cases}) >= 5
    differences = compare(tmp_path, cases, Path(certifi.where()))
    assert set(differences) <= set(REASONS.values())
    assert len(differences) <= 5
