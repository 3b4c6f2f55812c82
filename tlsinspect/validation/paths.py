"""From a server's certificate upwards: every path, trusted certificates first, then what was sent, then the rest.

Certificates go round in circles where authorities certify each other, and a stranger may send as many
as he likes: depth, paths and signatures have limits. Spec: RFC 4158, RFC 5280 section 6.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ..wire.limits import Limits
from .candidate import Candidate, Name
from .checks import who
from .record import Fault
from .signatures import SignatureChecker
from .trust import Trust


class Path(NamedTuple):
    """Certificates upwards from the server's; `end` is why it ends, None where a trusted one was reached."""

    certificates: tuple[Candidate, ...]
    end: Fault | None


class PathBuilder:
    """Builds the paths of one chain at a time. `others` finds issuers of a certificate in the rest of the capture."""

    def __init__(
        self,
        trust: Trust,
        others: Callable[[Candidate], Iterable[Candidate]],
        checker: SignatureChecker,
        limits: Limits,
    ) -> None:
        self.trust = trust
        self.others = others
        self.checker = checker
        self.limits = limits
        self.checked: set[tuple[str, str]] = set()
        self.unread = ""

    def iter_paths(self, chain: tuple[Candidate, ...], with_others: bool) -> Iterator[Path]:
        """Paths from the first certificate of `chain`; those that reach a trusted one do not all come first.

        The last one has a Fault of verdict limit where there would have been more.
        """
        sent: dict[Name, list[Candidate]] = {}
        for candidate in chain[1:]:
            sent.setdefault(candidate.subject, []).append(candidate)
        self.unread = name_unread(chain)
        self.checked = set()
        for found, path in enumerate(self.extend((chain[0],), sent, with_others), 1):
            yield path
            if found == self.limits.chain_paths:
                yield Path(path.certificates, self.limit("chain_paths", path.certificates))
                return

    def limit(self, name: str, path: tuple[Candidate, ...]) -> Fault:
        """A path that ends because of a limit."""
        return Fault("limit", path[-1].sha256, f"limit {name}: {getattr(self.limits, name)} were tried, none is valid")

    def extend(
        self, path: tuple[Candidate, ...], sent: Mapping[Name, list[Candidate]], with_others: bool
    ) -> Iterator[Path]:
        """All paths that begin with `path`."""
        last = path[-1]
        if last.sha256 in self.trust.anchors:
            yield Path(path, None)
            return
        if last.problem is not None:
            yield Path(path, Fault("malformed", last.sha256, f"{who(last)} cannot be read: {last.problem}"))
            return
        if len(path) >= self.limits.chain_depth:
            yield Path(path, self.limit("chain_depth", path))
            return
        refusals: list[Fault] = []
        extended = False
        for issuer, known in self.iter_issuers(last, sent, with_others):
            if any(same_authority(issuer, each) for each in path):
                continue
            self.checked.add((last.sha256, issuer.sha256))
            if len(self.checked) > self.limits.chain_signatures:
                yield Path(path, self.limit("chain_signatures", path))
                return
            state, words = self.checker.check(last, issuer)
            if state == "good":
                extended = True
                yield from self.extend((*path, issuer), sent, with_others)
            elif known:
                verdict = "bad_signature" if state == "bad" else state
                refusals.append(Fault(verdict, last.sha256, f"{who(last)}, as issued by {who(issuer)}: {words}"))
        if not extended:
            yield Path(path, self.explain_end(path, refusals))

    def iter_issuers(
        self, child: Candidate, sent: Mapping[Name, list[Candidate]], with_others: bool
    ) -> Iterator[tuple[Candidate, bool]]:
        """Certificates with the issuer's name, each once, and whether the chain or the trust store names them."""
        sources: list[tuple[Iterable[Candidate], bool]] = [
            (self.trust.by_subject.get(child.issuer, ()), True),
            (sent.get(child.issuer, ()), True),
        ]
        if with_others:
            sources.append((self.others(child), False))
        met: set[str] = set()
        for candidates, known in sources:
            for candidate in candidates:
                if candidate.sha256 not in met and candidate.may_issue(child):
                    met.add(candidate.sha256)
                    yield candidate, known

    def explain_end(self, path: tuple[Candidate, ...], refusals: list[Fault]) -> Fault:
        """Why nothing follows the last certificate of a path."""
        last = path[-1]
        if last.self_issued and last.may_issue(last):
            state, words = self.checker.check(last, last)
            if state == "bad":
                return Fault("bad_signature", last.sha256, f"{who(last)}, said to be issued by itself: {words}")
            verdict, kind = ("self_signed", "certificate") if len(path) == 1 else ("untrusted_root", "root")
            return Fault(verdict, last.sha256, f"{who(last)} is a self-signed {kind} and not among what is trusted")
        if refusals:
            return refusals[0]
        issuer = f"{who(last)} was issued by {last.facts.issuer}"
        verdict = "incomplete_chain" if len(path) == 1 else "untrusted_root"
        if self.unread:
            text = f"{issuer}, which is neither trusted nor among what can be read: {self.unread}, and may be it"
        elif len(path) == 1:
            text = f"{issuer}, which was not sent, is not in the capture and is not trusted"
        else:
            text = f"{issuer}, which is neither trusted nor in the capture"
        return Fault(verdict, last.sha256, text)


def name_unread(chain: Sequence[Candidate]) -> str:
    """Which certificates above the first are so damaged that nobody can tell whose they are; "" without any."""
    places = [str(place) for place, each in enumerate(chain) if place and each.damage and not each.subject]
    return f"what was sent at place {', '.join(places)} of the chain is damaged" if places else ""


def same_authority(one: Candidate, other: Candidate) -> bool:
    """The same key under the same name: a path that comes by it again has gone in a circle."""
    return one.sha256 == other.sha256 or (one.spki == other.spki and one.subject == other.subject)
