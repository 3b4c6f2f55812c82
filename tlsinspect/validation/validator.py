"""A chain and a time -> a Judgement; and between which times a judgement stays the same."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

from ..certificates import CertificateFacts
from ..certificates.der import hold_time
from ..tables import Context
from ..wire.limits import Limits
from .candidate import Candidate, Name
from .checks import SERVER, Purpose, find_faults, who
from .paths import Path, PathBuilder, name_unread
from .record import RANKS, Fault, Judgement
from .signatures import SignatureChecker
from .trust import Trust

MOST_DATES = 1024  # that are looked at above one issuer; the search of a path is cut long before


class Validator:
    """Judges chains of one run: `certificates` maps SHA-256 to DER, `facts_of` gives a certificate's facts."""

    def __init__(
        self,
        trust: Trust,
        certificates: Mapping[str, bytes],
        facts_of: Callable[[str], CertificateFacts],
        limits: Limits,
    ) -> None:
        self.trust = trust
        self.certificates = certificates
        self.facts_of = facts_of
        self.limits = limits
        self.checker = SignatureChecker(limits)
        self.candidates: dict[str, Candidate] = {}
        self.dates: dict[Name, tuple[int, ...]] = {}

    def candidate(self, sha256: str) -> Candidate:
        """A certificate of the run, or a trusted one."""
        if sha256 not in self.candidates:
            anchor = self.trust.anchors.get(sha256)
            self.candidates[sha256] = anchor or Candidate(self.certificates[sha256], sha256, self.facts_of(sha256))
        return self.candidates[sha256]

    def prepare(self) -> None:
        """Work out what the judgements of all chains have in common."""
        self.others_by_key  # noqa: B018 - it is kept

    @cached_property
    def others(self) -> Mapping[Name, list[Candidate]]:
        """Every authority's certificate that was seen in the capture, by subject."""
        found: dict[Name, list[Candidate]] = {}
        for sha256 in self.certificates:
            if self.facts_of(sha256).is_ca:
                candidate = self.candidate(sha256)
                if candidate.problem is None:
                    found.setdefault(candidate.subject, []).append(candidate)
        return found

    @cached_property
    def others_by_key(self) -> Mapping[tuple[Name, bytes | None], list[Candidate]]:
        """The same by subject and key identifier: thousands of authorities may have one name."""
        found: dict[tuple[Name, bytes | None], list[Candidate]] = {}
        for name, candidates in self.others.items():
            for candidate in candidates:
                found.setdefault((name, candidate.subject_key_id), []).append(candidate)
        return found

    def other_issuers(self, child: Candidate) -> Sequence[Candidate]:
        """Authorities of the capture that a certificate may be of, by name and, where both have one, key identifier."""
        if child.authority_key_id is None:
            return self.others.get(child.issuer, ())
        named = (self.others_by_key.get((child.issuer, key), ()) for key in (child.authority_key_id, None))
        return [each for candidates in named for each in candidates]

    def find_changes(self, chain: Sequence[str], first: int, last: int) -> list[int]:
        """Times, after `first` and up to `last`, at which the judgement of a chain may change; all in ns, in order."""
        sent = [self.candidate(sha256) for sha256 in chain[: self.limits.chain_certificates]]
        times = {time for each in sent for time in dates_of(each) if first < time <= last}
        for dates in (self.trust.changes, *(self.dates_above(issuer) for issuer in {each.issuer for each in sent})):
            times.update(dates[bisect_right(dates, first) : bisect_right(dates, last)])
        return sorted(times)

    def dates_above(self, issuer: Name) -> tuple[int, ...]:
        """The dates of all certificates that a path may have from an issuer of this name upwards, in order."""
        if issuer not in self.dates:
            waiting, seen, times = [issuer], {issuer}, set[int]()
            while waiting and len(times) < MOST_DATES:
                name = waiting.pop()
                for candidate in (*self.trust.by_subject.get(name, ()), *self.others.get(name, ())):
                    times.update(dates_of(candidate))
                    if candidate.issuer not in seen:
                        seen.add(candidate.issuer)
                        waiting.append(candidate.issuer)
            self.dates[issuer] = tuple(sorted(times))
        return self.dates[issuer]

    def knows_more(self, path: Path, chain: Sequence[str]) -> bool:
        """Whether the rest of the capture has issuers for a path that were not sent with it."""
        return any(issuer.sha256 not in chain for each in path.certificates for issuer in self.other_issuers(each))

    def judge(self, chain: Sequence[str], time: int | None, purpose: Purpose = SERVER) -> Judgement:
        """Judge a chain in wire order, at a time in nanoseconds since 1970-01-01 UTC, as a server's or a client's.

        Without a time no date is judged, that of a root's trust included, and no other verifier is asked.
        """
        sent = tuple(self.candidate(sha256) for sha256 in chain[: self.limits.chain_certificates])
        builder = PathBuilder(
            self.trust if time is None else self.trust.at(time), self.other_issuers, self.checker, self.limits
        )
        path, faults = self.best(builder, sent, False, time, purpose)
        if path.end is not None and self.knows_more(path, chain):
            longer, more = self.best(builder, sent, True, time, purpose)
            if longer.end is None or len(longer.certificates) > len(path.certificates):
                path, faults = longer, more
        places = {sha256: place for place, sha256 in reversed(list(enumerate(chain)))}
        faults += find_lacking(path, places, name_unread(sent)) + find_disorder(path, places)
        faults.sort(key=lambda fault: RANKS[fault.verdict])
        certificates = path.certificates
        objection = None
        if time is not None and all(fault.verdict == "wrong_order" for fault in faults):
            from .verifier import object_to  # the last to be asked

            objection = object_to(certificates, time, purpose is SERVER)
        return Judgement(
            tuple(faults),
            tuple(each.sha256 for each in certificates),
            None if path.end is not None else who(certificates[-1]),
            objection,
            find_remarks(path, chain, self.limits.chain_certificates),
        )

    def best(
        self, builder: PathBuilder, sent: tuple[Candidate, ...], with_others: bool, time: int | None, purpose: Purpose
    ) -> tuple[Path, list[Fault]]:
        """The path with the least against it: trusted before not, then by the gravest fault."""
        best: tuple[tuple[bool, list[int], int], Path, list[Fault]] | None = None
        cut: Fault | None = None
        for path in builder.iter_paths(sent, with_others):
            certificates, most = path.certificates, self.limits.name_comparisons
            faults = list(find_faults(certificates, path.end is None, time, most, purpose))
            if path.end is not None and path.end not in faults:
                faults.append(path.end)
            if not faults:
                return path, []
            if path.end is not None and path.end.verdict == "limit":
                cut = path.end
            ranks = sorted(RANKS[fault.verdict] for fault in faults)
            key = (path.end is not None, ranks, -len(path.certificates))
            if best is None or key < best[0]:
                best = (key, path, faults)
        assert best is not None  # a chain has a first certificate, and so a path
        if cut is not None and cut not in best[2]:
            best[2].append(cut)
        return best[1], best[2]


def open_validator(trust: Trust, context: Context, limits: Limits) -> Validator:
    """A Validator for what a run has read."""
    return Validator(trust, context.certificates, context.certificate, limits)


def dates_of(candidate: Candidate) -> Iterator[int]:
    """When a certificate begins to be valid, and when it no longer is."""
    start, end = candidate.facts.not_before, candidate.facts.not_after
    if start is not None:
        yield start
    if end is not None:
        yield hold_time(end + 1)


def find_lacking(path: Path, places: Mapping[str, int], unread: str) -> list[Fault]:
    """Certificates of the path that were not sent, though they should have been; roots need not be.

    `unread` says what was sent that may be one of them.
    """
    faults = []
    *needed, last = path.certificates
    if path.end is not None and not last.self_issued:
        needed.append(last)
    for child, issuer in pairwise(needed):
        if issuer.sha256 not in places:
            lacking = f"cannot be read or was not sent ({unread})" if unread else "was not sent"
            text = f"{who(issuer)}, the issuer of {who(child)}, {lacking}; another connection shows it"
            faults.append(Fault("incomplete_chain", child.sha256, text))
    return faults


def find_disorder(path: Path, places: Mapping[str, int]) -> list[Fault]:
    """A certificate that was sent before one that it issued (RFC 5246 section 7.4.2)."""
    sent = [each for each in path.certificates if each.sha256 in places]
    for child, issuer in pairwise(sent):
        if places[issuer.sha256] < places[child.sha256]:
            return [Fault("wrong_order", issuer.sha256, f"{who(issuer)} was sent before {who(child)}, which it issued")]
    return []


def find_remarks(path: Path, chain: Sequence[str], most: int) -> tuple[str, ...]:
    """What is no fault, and worth to be known."""
    last = path.certificates[-1]
    used = {each.sha256 for each in path.certificates}
    remarks = []
    if last.self_issued and last.sha256 in chain[1:]:
        remarks.append("root_sent")
    if any(sha256 not in used for sha256 in chain) or len(set(chain)) < len(chain):
        remarks.append("unneeded_sent")
    if len(chain) > most:
        remarks.append("chain_cut")
    return tuple(remarks)
