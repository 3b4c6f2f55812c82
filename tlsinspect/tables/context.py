"""What the rows of a run share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..certificates import CertificateFacts, LeafFacts, parse_certificate, parse_leaf


class Context:
    """What the rows of a run share: file names by number, certificates and staples by SHA-256, facts already read."""

    def __init__(
        self, captures: Sequence[str], certificates: Mapping[str, bytes], staples: Mapping[str, bytes]
    ) -> None:
        self.captures = captures
        self.certificates = certificates
        self.staples = staples
        self.facts: dict[str, CertificateFacts] = {}
        self.leaves: dict[str, LeafFacts] = {}

    def certificate(self, sha256: str) -> CertificateFacts:
        """The facts of a certificate of this run."""
        if sha256 not in self.facts:
            self.facts[sha256] = parse_certificate(self.certificates[sha256])
        return self.facts[sha256]

    def leaf(self, sha256: str) -> LeafFacts:
        """The few facts that the connections table shows of a server's own certificate."""
        if sha256 not in self.leaves:
            self.leaves[sha256] = parse_leaf(self.certificates[sha256])
        return self.leaves[sha256]
