"""How a handshake ended: whether it was finished, and how that is known; who ended it; whether it resumed another.

Goes in: a Flow that is over. Comes out: what a Connection says of these.
"""

from __future__ import annotations

from .connection import SSL2, Connection
from .wire.codes import CLOSE_NOTIFY, COOKIE, DECODE_ERROR, EARLY_DATA, TCP, UNEXPECTED_MESSAGE
from .wire.flow import FULL_HANDSHAKE, Flow
from .wire.messages import ServerHello
from .wire.record import RecordReader
from .wire.stream import Stream

HEARTBLEED = ("", "attempt", "success", "longer_answer")  # by the numbers of Flow.heartbleed
MILLISECOND_NS = 1_000_000
WITHOUT_LATER = str.maketrans("", "", "HLBhlb")  # leaves of a history what no side sends behind its Finished
CLIENT_HELLO, HELLO_RETRY_REQUEST, SERVER_HELLO_DONE, CERTIFICATE_VERIFY = "C", "J", "N", "Y"  # as in Flow.history


def set_resumption(connection: Connection, flow: Flow, server: RecordReader) -> None:
    """Whether an earlier session was resumed (RFC 5246 7.3, RFC 5077 3.4, RFC 8446 2.2)."""
    server_hello = flow.server_hello
    if server_hello is None:
        return
    if connection.protocol == SSL2:
        connection.resumed = server_hello.session_hit
        connection.resumption = "session_id" if server_hello.session_hit else None
        return
    if flow.tls13:
        if not (server_hello.complete or server_hello.psk_selected):
            return
        connection.resumed = server_hello.authenticates_by_psk()
        if connection.resumed:
            connection.resumption = "psk"
        return
    if server.chain is not None or flow.client_key_exchange:
        connection.resumed = False
        return
    if server_hello.hides_version():  # an echoed session id says nothing in TLS 1.3
        return
    hello = flow.client_hello
    lost = connection.gap or connection.truncated
    if hello is None:
        if flow.server_key_exchange is not None or SERVER_HELLO_DONE in flow.history.upper():
            connection.resumed = False  # whoever resumes sends neither, and a suite with a shared key no certificate
        elif server.cipher_changed and not lost:
            connection.resumed = True
        return
    same = len(server_hello.session_id) > 0 and server_hello.session_id == hello.session_id
    if hello.ticket_length > 0 and lost and not same:
        return  # a certificate may be among what is lost
    if hello.ticket_length > 0 and (same or server.cipher_changed):
        connection.resumed = True
        connection.resumption = "ticket"
    elif same or not (hello.session_id_lost or server_hello.session_id_lost):
        connection.resumed = same
        if same and hello.complete:  # a ticket may be in what was cut off
            connection.resumption = "session_id"


def set_outcome(connection: Connection, flow: Flow, client: Stream, server: Stream) -> None:
    """Whether the handshake was finished, how we know, and how it ended if not."""
    set_events(connection, flow)
    set_established(connection, flow, client, server)
    if connection.established is False:
        set_failure(connection, flow, client, server)
        if connection.server_hello is None and connection.failure != "capture_end":
            connection.resumed = False
            set_unanswered(connection)


def set_events(connection: Connection, flow: Flow) -> None:
    """The order of messages, and what happened beside the handshake."""
    connection.handshake_history = history(flow, connection.client_side)
    if flow.renegotiation_side >= 0:
        other: Stream = flow.streams[1 - flow.renegotiation_side]
        if not (connection.midstream or other.has_lost()):  # else its HelloRequest or ClientHello may be what is lost
            connection.renegotiation = side_name(connection, flow.renegotiation_side)
    connection.renegotiation_packet = flow.renegotiation_packet
    connection.change_cipher_spec_packet = flow.change_packet
    connection.heartbeat_packet = flow.heartbeat_packet
    if flow.heartbleed:
        connection.heartbleed = HEARTBLEED[flow.heartbleed]
        connection.heartbleed_packet = flow.heartbleed_packet
    if flow.alert_side >= 0:
        connection.last_alert = flow.alert_description
        connection.last_alert_packet = flow.alert_packet
        connection.last_alert_sender = side_name(connection, flow.alert_side)


def set_established(connection: Connection, flow: Flow, client: Stream, server: Stream) -> None:
    """Whether the handshake was finished, and by what that is known; why not, where it is not known."""
    both = client.reader.application_seen and server.reader.application_seen and not only_alerts(flow, client, server)
    lost = connection.midstream or connection.gap or connection.truncated
    unheard = server.has_lost() or (connection.midstream and flow.server_hello is None)
    if not lost and may_have_refused(flow, client, server):
        connection.outcome_state = "encrypted"
    elif client.reader.finished_seen and server.reader.finished_seen:
        connection.established = True
        connection.established_evidence = "finished"
    elif (
        client.reader.application_seen
        if flow.quic is not None
        else (both and lost) or (not flow.tls13 and data_tells(flow, client, server, unheard))
    ):
        connection.established = True
        connection.established_evidence = "application_data"
    elif not connection.one_sided and connection.server_state != "sealed":
        connection.outcome_state = end_unseen(connection, flow, client, server)
        if not connection.outcome_state:
            connection.established = False


def refused(flow: Flow, server: Stream) -> bool:
    """Whether all that a server of TLS 1.3 sealed is a record as long as an alert."""
    return flow.refused and server.reader.application_records == 1


def only_alerts(flow: Flow, client: Stream, server: Stream) -> bool:
    """Whether all that a side of TLS 1.3 sealed is a record that may be an alert: it may have refused the other's."""
    return refused(flow, server) or (flow.sealed_alert_packet >= 0 and client.reader.application_records == 1)


def may_have_refused(flow: Flow, client: Stream, server: Stream) -> bool:
    """Whether all that a client of TLS 1.3 sealed may be a Finished as well as a padded alert, and nothing follows."""
    return client.reader.application_records == 1 and flow.unsure == server.reader.application_records


def is_before_tls13(flow: Flow) -> bool:
    """Whether a connection with a ClientHello is of TLS 1.2 or before, which one without ServerHello may only show."""
    offer, choice = flow.client_hello, flow.server_hello
    if flow.tls13:
        return False
    if not FULL_HANDSHAKE.isdisjoint(flow.history.upper()):
        return True
    if choice is not None:
        return not choice.hides_version()
    return offer is not None and offer.complete and offer.supported_versions is None


def data_tells(flow: Flow, client: Stream, server: Stream, lost: bool) -> bool:
    """Whether application data shows that a handshake before TLS 1.3 was finished.

    A client may send some before the server's Finished (RFC 7918), which is there where nothing of the server's is
    `lost`. Where the messages do not show the version, a server of TLS 1.3 sends its messages as application data.
    """
    if flow.history and not is_before_tls13(flow):
        return False
    if server.reader.application_seen:
        return True
    return client.reader.application_seen and (server.reader.finished_seen or lost or flow.protocol != TCP)


def end_unseen(connection: Connection, flow: Flow, client: Stream, server: Stream) -> str:
    """Why it cannot be told whether the handshake was finished: one of UNKNOWN_REASONS; "" where it was not.

    An alert in the clear tells, but for a close_notify, which is said behind a finished handshake, too; and so does a
    side of which nothing is missing, and no Finished is there. That may stand in front of the capture where all that
    precedes it does, too.
    """
    if flow.alert_side >= 0 and flow.alert_description != CLOSE_NOTIFY:
        return ""
    if connection.midstream and not flow.history:
        return "midstream"
    seen = (connection.handshake_history or "").translate(WITHOUT_LATER)
    before = False
    for stream, unheard in ((client, seen == seen.lower()), (server, seen == seen.upper())):
        lost = stream.has_lost()
        if connection.midstream and unheard:
            lost = before = True
        if not (lost or stream.reader.finished_seen or stream.reader.application_seen):
            return ""
    if client.truncated or server.truncated:
        return "snaplen"
    return "gap" if client.gap or server.gap else "midstream" if before else ""


def complains_of_end(connection: Connection, flow: Flow) -> bool:
    """Whether the alert says no more than that the other side closed the connection, which owed a message.

    GnuTLS and OpenSSL make an unexpected_message and a decode_error of an end that comes too early.
    """
    side = flow.alert_side
    if flow.alert_description not in (UNEXPECTED_MESSAGE, DECODE_ERROR) or side < 0 or flow.fin_side != 1 - side:
        return False
    if not (flow.fin_ns, flow.fin_packet) < (flow.alert_ns, flow.alert_packet):
        return False
    said = (connection.handshake_history or "").rstrip("lL")
    return said == "" or said[len(said) - 1].isupper() == (side == connection.client_side)


def set_failure(connection: Connection, flow: Flow, client: Stream, server: Stream) -> None:
    """How the handshake ended that was not finished, where the proof stands, and whose doing it was."""
    if refused(flow, server):
        connection.sealed_alert = "server"
    elif flow.sealed_alert_packet >= 0:
        connection.sealed_alert = "client"
    side, packet = -1, -1
    if complains_of_end(connection, flow):
        connection.failure = "closed"
        side, packet = flow.fin_side, flow.fin_packet
    elif flow.alert_side >= 0 or flow.alert_encrypted:
        connection.failure = "alert"
        for _, number, sender, level, _ in flow.alerts:
            if level >= 0 or flow.alert_side < 0:
                side, packet = sender, number
    elif client.reset or server.reset:
        connection.failure = "reset"
        side, packet = flow.reset_side, flow.reset_packet
    elif client.fin or server.fin:
        connection.failure = "closed"
        side, packet = flow.fin_side, flow.fin_packet
    else:
        connection.failure = "capture_end"
    if side >= 0:
        connection.failure_side = side_name(connection, side)
        connection.failure_packet = packet


def side_name(connection: Connection, side: int) -> str:
    """Client or server."""
    return "client" if side == connection.client_side else "server"


def set_unanswered(connection: Connection) -> None:
    """The handshake was refused or given up: what the server never sent is not missing."""
    if connection.server_state == "not_captured":
        connection.server_state = "not_applicable"
        connection.certificate_state = "not_applicable"


def history(flow: Flow, side: int) -> str | None:
    """Letters of the messages, those of a side in capitals."""
    if not flow.history:
        return None
    return flow.history if side == 0 else flow.history.swapcase()


def set_times(connection: Connection, flow: Flow) -> None:
    """Round-trip and handshake times in milliseconds."""
    if flow.time_end == 0:  # no packet has a time
        return
    if flow.time_syn >= 0 and flow.time_syn_ack >= flow.time_syn:
        connection.tcp_rtt_ms = (flow.time_syn_ack - flow.time_syn) / MILLISECOND_NS
    if flow.time_client_hello < 0:
        return
    if flow.time_server_hello >= flow.time_client_hello:
        connection.hello_ms = (flow.time_server_hello - flow.time_client_hello) / MILLISECOND_NS
    if connection.established and flow.time_application >= flow.time_client_hello:
        connection.handshake_ms = (flow.time_application - flow.time_client_hello) / MILLISECOND_NS


def retry_requested(flow: Flow, hello: ServerHello | None) -> bool | None:
    """Whether the server asked for another ClientHello; None where that, and the first one, may be lost over TCP.

    Only a second one has a cookie (RFC 8446 section 4.2.2).
    """
    if flow.retry is not None or (flow.client_hello is not None and flow.client_hello.seen >> COOKIE & 1):
        return True
    if hello is None:
        return None
    return None if flow.protocol == TCP and flow.retry_lost and (flow.tls13 or hello.hides_version()) else False


def certificate_requested(connection: Connection, flow: Flow, client: Stream, server: Stream) -> bool | None:
    """Whether a server before TLS 1.3 asked for a certificate; None where its messages are not there up to the last.

    A client that is asked answers with a Certificate in front of its ClientKeyExchange (RFC 5246 section 7.4.6).
    """
    if flow.certificate_requested or client.reader.chain is not None or verified(flow, connection.client_side):
        return True
    hello = flow.server_hello
    if hello is None or hello.hides_version():
        return None
    if connection.resumed or flow.asked_all or (server.reader.cipher_changed and not server.has_lost()):
        return False
    return None


def verified(flow: Flow, side: int) -> bool:
    """Whether a client sent a CertificateVerify, as it does behind a certificate that was asked for."""
    return CERTIFICATE_VERIFY in (history(flow, side) or "")


def is_first_hello(flow: Flow) -> bool:
    """Whether the ClientHello at hand is known to be the first: a HelloRetryRequest may have asked for it."""
    offer, answer = flow.client_hello, flow.server_hello
    if offer is None or offer.seen >> COOKIE & 1:
        return False
    if flow.retry is not None:
        said = flow.history.upper()
        return said.find(CLIENT_HELLO) < said.find(HELLO_RETRY_REQUEST)
    if flow.protocol != TCP or flow.hello_first:
        return True
    return answer is not None and (not flow.retry_lost or not (flow.tls13 or answer.hides_version()))


def early_data_offered(flow: Flow) -> bool | None:
    """Whether the client announced early data; a second hello does not, whatever the first one did.

    Spec: RFC 8446 section 4.1.2.
    """
    offer = flow.client_hello
    if offer is None:
        return None
    if offer.seen >> EARLY_DATA & 1:
        return True
    return False if offer.complete and is_first_hello(flow) else None


def early_data_accepted(flow: Flow) -> bool | None:
    """False where none was offered, or the server's hello refuses it; None where that is encrypted, or not there.

    Spec: RFC 8446 sections 4.2.10 and D.3.
    """
    offer, answer = flow.client_hello, flow.server_hello
    if offer is None:
        return None
    if not offer.seen >> EARLY_DATA & 1:
        return False if offer.complete else None
    if flow.retry is not None:
        return False
    return False if answer is not None and answer.complete and not answer.psk_selected else None
