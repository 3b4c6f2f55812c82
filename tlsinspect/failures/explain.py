"""The facts of one unfinished handshake -> its cause and a sentence.

What the wire shows is said as a fact; what only follows from it is left to the advice. A sentence may hold
texts from the network, as they came: whoever shows it escapes them.
Spec: RFC 8446 section 6, RFC 5246 section 7.2, RFC 9000 sections 10.2 and 20.
"""

from __future__ import annotations

from typing import NamedTuple

from ..registry import alert_name
from ..wire.codes import CLOSE_NOTIFY, DECODE_ERROR, HANDSHAKE_FAILURE, ILLEGAL_PARAMETER, PROTOCOL_VERSION
from .causes import ALERT_CAUSES, CERTIFICATE_ALERTS, OPEN_ALERTS, VALIDATION_CAUSES

LARGEST_HELLO = (
    1416  # octets that one packet of 1,500 carries over IPv6 and TCP with its usual options, record header off
)
LARGEST_DATAGRAM_HELLO = 1100  # the same of QUIC, whose first packets may have 1,200 octets (RFC 9000 section 14.1)
SECOND_NS = 10**9


class Failure(NamedTuple):
    """What is asked of an unfinished handshake; None is unknown or absent.

    `side` sent the alert, the first RST or FIN, in `packet`, of another capture than the connection's first where
    `later`; `alert` and `level` are those of an alert in the clear. `certificates` counts the client's, `hello_length`
    is in octets. `lost` says that the capture lacks some of what was sent, `gap` that whole segments are among it,
    `midstream` that it starts after the connection did; `sent_on` is what a server of QUIC answered for the client to
    begin anew, `psk` that the client offered a pre-shared key.
    """

    failure: str
    side: str | None
    packet: int | None
    alert: int | None
    level: int
    history: str
    protocol: str
    version: str | None
    versions: str
    protocols: str
    server_name: str | None
    validation: str | None
    issuer: str | None
    requested: bool
    certificates: int | None
    retry: bool
    answered: str | None
    sealed_alert: str
    quic_error: int | None
    hello_length: int
    duration_ns: int
    lost: bool = False
    gap: bool = False
    midstream: bool = False
    sent_on: str = ""
    psk: bool = False
    later: bool = False


class Explanation(NamedTuple):
    """A code of CAUSES, and a sentence."""

    cause: str
    sentence: str


def explain(failure: Failure) -> Explanation:
    """Say why a handshake was not finished."""
    if failure.failure == "capture_end":
        return Explanation("capture_end", f"{capture_end(failure)} whether the handshake was finished is unknown.")
    told = failure.failure == "alert" and failure.alert is not None and failure.alert != CLOSE_NOTIFY
    if failure.answered is not None and not (told and failure.side == "server"):
        spoken = "what is no TLS" if failure.answered == "unknown" else f"{failure.answered.upper()}, not TLS"
        return Explanation("not_tls", f"The server answered the ClientHello with {spoken}; {ended(failure)}.")
    if told and failure.alert is not None:
        return explain_alert(failure, failure.alert)
    if failure.failure == "alert" and failure.alert is None:
        text = f"The {failure.side} sent an alert{place(failure)} that is encrypted, before the handshake was finished."
        return Explanation("encrypted_alert", text)
    if failure.quic_error is not None:
        text = f"The {failure.side} closed the connection with QUIC's error 0x{failure.quic_error:x}{place(failure)}."
        return Explanation("quic_error", text)
    return explain_end(failure)


def capture_end(failure: Failure) -> str:
    """How far it had come when the capture ended."""
    if "s" in failure.history:
        return "The capture ends after the ServerHello and before both sides finished:"
    if "C" in failure.history:
        unanswered = failure.history[failure.history.rfind("C") :]
        for letter, name in (("j", "HelloRetryRequest"), ("v", "HelloVerifyRequest")):
            if letter in unanswered:
                return f"The capture ends after the {name} and before another ClientHello:"
        if failure.sent_on:
            return f"The capture ends after the server answered with {failure.sent_on}, and before a ServerHello:"
        return "The capture ends after the ClientHello and before an answer:"
    return "The capture ends within the handshake:"


def place(failure: Failure) -> str:
    """The packet, in brackets."""
    return "" if failure.packet is None else f" (packet {failure.packet}{' of a later capture' * failure.later})"


def ended(failure: Failure) -> str:
    """Who ended the connection, and how."""
    if failure.failure == "alert":
        if failure.alert:
            return f"the {failure.side} ended the handshake {said_by_alert(failure, failure.alert)}"
        return f"the {failure.side} took its leave with close_notify{place(failure)}"
    verb = "reset" if failure.failure == "reset" else "closed"
    return f"the {failure.side or 'other side'} {verb} the connection{place(failure)}"


def said_by_alert(failure: Failure, alert: int) -> str:
    """An alert in the clear, and its packet."""
    return f"with the alert {alert_name(alert)}{' as a warning' if failure.level == 1 else ''}{place(failure)}"


def explain_alert(failure: Failure, alert: int) -> Explanation:
    """An alert in the clear: what it says depends on who sent it, and when.

    OpenSSL and GnuTLS say illegal_parameter where a binder does not verify (RFC 8446 section 4.2.11.2).
    """
    said = said_by_alert(failure, alert)
    if alert in CERTIFICATE_ALERTS:
        return explain_certificate(failure, alert, said)
    if alert == PROTOCOL_VERSION:
        if failure.side == "client":
            text = f"The client refused the version that the server chose ({failure.version or 'not seen'}) {said}."
        else:
            text = (
                f"The server refused every version that the client offered ({failure.versions or 'not seen'}) {said}."
            )
        return Explanation("no_common_version", text)
    if alert == HANDSHAKE_FAILURE:
        return explain_handshake_failure(failure, said)
    cause = ALERT_CAUSES.get(alert, "other_alert")
    if cause == "name_not_recognised":
        name = f"the name {failure.server_name}" if failure.server_name else "a ClientHello without a name"
        return Explanation(cause, f"The {failure.side} refused {name} {said}.")
    if cause == "no_application_protocol":
        offered = failure.protocols or "none seen"
        return Explanation(
            cause, f"The {failure.side} speaks none of the offered protocols ({offered}), and said so {said}."
        )
    if alert == ILLEGAL_PARAMETER and failure.side == "server" and failure.psk and "s" not in failure.history:
        return Explanation(
            "unknown_psk", f"The server ended the handshake after a ClientHello that offers a pre-shared key, {said}."
        )
    if alert == DECODE_ERROR and failure.side == "server" and failure.requested and failure.certificates == 0:
        return without_certificate(said)
    if cause == "client_certificate_missing":
        return Explanation(
            cause, f"The {failure.side} insists on a client certificate and got none; it ended the handshake {said}."
        )
    if failure.retry and failure.side == "client" and "s" not in failure.history and not followed(failure):
        return Explanation("retry_not_followed", f"The client refused the server's HelloRetryRequest {said}.")
    return Explanation(cause, f"The {failure.side} ended the handshake{stage(failure)} {said}.")


def stage(failure: Failure) -> str:
    """What the side that ended the handshake had just received."""
    if failure.side == "server":
        for letter, name in (("G", "client's key exchange"), ("C", "ClientHello")):
            if letter in failure.history:
                return f" after the {name}"
        return " before a ClientHello that could be read"
    for letter, name in (("n", "server's messages"), ("s", "ServerHello"), ("j", "HelloRetryRequest")):
        if letter in failure.history:
            return f" after the {name}"
    return " before an answer to its ClientHello" if "C" in failure.history else ""


def explain_handshake_failure(failure: Failure, said: str) -> Explanation:
    """The alert handshake_failure: RFC 8446 section 6.2, RFC 5246 section 7.4.6 for an empty Certificate."""
    if failure.side == "client":
        return Explanation("choice_refused", f"The client did not accept what the server chose, and said so {said}.")
    unanswered = "s" not in failure.history and not answers_flight(failure)
    if unanswered and ("C" in failure.history or not failure.midstream):
        text = f"The server found nothing in the client's offer that it accepts too, and said so {said}."
        return Explanation("no_common_parameters", text)
    if failure.requested and failure.certificates == 0:
        return without_certificate(said)
    if failure.requested and failure.certificates:
        return Explanation("client_certificate_refused", f"The server refused the client's certificate {said}.")
    return Explanation("other_alert", f"The server ended the handshake{stage(failure)} {said}.")


def answers_flight(failure: Failure) -> bool:
    """Whether the client sent a certificate, its key exchange or a signature: only a server's choice calls for them."""
    return any(letter in failure.history for letter in "XGY")


def without_certificate(said: str) -> Explanation:
    """The server asked for a certificate, and got an empty list: GnuTLS complains that it cannot decode that."""
    text = f"The server asked for a client certificate, the client gave none, and the server ended it {said}."
    return Explanation("client_certificate_missing", text)


def explain_certificate(failure: Failure, alert: int, said: str) -> Explanation:
    """An alert about a certificate: the other side's."""
    if failure.side == "server":
        if failure.certificates == 0:
            return without_certificate(said)
        return Explanation("client_certificate_refused", f"The server refused the client's certificate {said}.")
    cause = CERTIFICATE_ALERTS[alert]
    own = VALIDATION_CAUSES.get(failure.validation or "")
    if own is not None and (alert in OPEN_ALERTS or (alert == 48 and own == "certificate_self_signed")):
        cause = own
    details = {
        "certificate_expired": "it had expired"
        if failure.validation == "expired"
        else "by its dates it was valid then",
        "certificate_not_yet_valid": "it was not yet valid",
        "certificate_other_name": f"it does not cover {failure.server_name}",
        "certificate_self_signed": "it is self-signed",
        "unknown_authority": f"issued by {failure.issuer}" if failure.issuer else "",
    }
    detail = details.get(cause, "") if failure.validation is not None or cause == "unknown_authority" else ""
    return Explanation(cause, f"The client refused the server's certificate {said}{': ' if detail else ''}{detail}.")


def explain_end(failure: Failure) -> Explanation:
    """No alert said why: what had been said before the connection ended."""
    history = failure.history
    if "C" not in history:
        return Explanation("ended_early", f"{upper(ended(failure))} before a ClientHello that could be read.")
    if "s" not in history:
        return explain_unanswered(failure)
    if failure.sealed_alert == "server":
        text = "What the server sealed first is as long as an encrypted alert, and shorter than the message due there"
        return Explanation("encrypted_alert", f"{text}; {ended(failure)}.")
    if failure.sealed_alert:
        text = "The client answered the server's encrypted messages with a record too short for a Finished"
        return Explanation("encrypted_alert", f"{text}, as an alert is, and {ended(failure)}.")
    if failure.gap:
        text = "before the handshake was finished; the capture lacks segments, and an alert may be in them"
        return Explanation("ended_early", f"{upper(ended(failure))} {text}.")
    if failure.side == "client" and not spoke_after_hello(failure):
        return Explanation(
            "client_left_after_flight", f"{upper(ended(failure))} after the server's messages, without an alert."
        )
    if failure.side == "server" and ("G" in history or "I" in history):
        return Explanation(
            "server_left_after_keys", f"{upper(ended(failure))} after the client's messages, without an alert."
        )
    return Explanation("ended_early", f"{upper(ended(failure))} before the handshake was finished, without an alert.")


def spoke_after_hello(failure: Failure) -> bool:
    """Whether the client sent anything after the ServerHello; in TLS 1.3 its ChangeCipherSpec says nothing."""
    sent = {letter for letter in failure.history[failure.history.find("s") :] if letter.isupper()}
    return bool(sent - {"I"} if "1.3" in (failure.version or "") else sent)


def followed(failure: Failure) -> bool:
    """Whether the client sent another ClientHello behind the HelloRetryRequest."""
    return "C" in failure.history[failure.history.find("j") + 1 :]


def explain_unanswered(failure: Failure) -> Explanation:
    """A ClientHello that got no ServerHello: resets, silence, large hellos, retries that nobody followed."""
    if failure.retry and not followed(failure):
        return Explanation(
            "retry_not_followed", f"The server asked for another ClientHello, which did not come; {ended(failure)}."
        )
    if failure.lost:
        text = (
            f"{upper(ended(failure))} after the ClientHello; the capture lacks segments, and an answer may be in them."
        )
        return Explanation("ended_early", text)
    limit = LARGEST_DATAGRAM_HELLO if failure.protocol in ("quic", "dtls") else LARGEST_HELLO
    large = failure.hello_length > limit
    seconds = f" {failure.duration_ns / SECOND_NS:.1f} s after its first packet" if failure.duration_ns >= 0 else ""
    size = f", whose {failure.hello_length:,} octets do not fit one packet" if large else ""
    if failure.side == "server":
        text = f"{upper(ended(failure))} instead of answering the ClientHello{size}."
        return Explanation("large_hello_unanswered" if large else "ended_after_hello", text)
    text = f"{upper(ended(failure))}{seconds}: its ClientHello{size}{', ' if large else ' '}got no answer."
    return Explanation("large_hello_unanswered" if large else "no_answer", text)


def upper(text: str) -> str:
    """The beginning of a sentence."""
    return text[:1].upper() + text[1:]
