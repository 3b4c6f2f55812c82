from .wire.messages cimport ClientHello, ServerHello
from .wire.quic_facts cimport QuicFacts

cdef class Connection:
    cdef public str connection_id, community_id, client_ip, server_ip, transport, protocol, starttls_protocol
    cdef public str starttls_status, clear_credentials, starttls_injection
    cdef public int capture, client_port, server_port, client_side
    cdef public long long first_packet, time_start, time_end
    cdef public QuicFacts quic
    cdef public list tunnels, vlans
    cdef public tuple later
    cdef public long long client_packets, server_packets, client_bytes, server_bytes, out_of_order, retransmitted
    cdef public object client_application_bytes, server_application_bytes
    cdef public bint gap, overlap_conflict, midstream, one_sided, truncated
    cdef public object client_hello_packet, server_hello_packet, certificate_packet, client_certificate_packet
    cdef public object client_record_version
    cdef public ClientHello client_hello
    cdef public ServerHello server_hello
    cdef public tuple fingerprint, server_fingerprint
    cdef public object version, group, server_signature_algorithm, dh_prime_bits, hello_retry_request
    cdef public object early_data_offered, early_data_accepted
    cdef public object ticket_lifetime_hint, resumed, established, last_alert
    cdef public str resumption, established_evidence, failure, last_alert_sender, handshake_history
    cdef public object tcp_rtt_ms, hello_ms, handshake_ms, client_certificate_requested
    cdef public tuple certificate_sha256s, client_certificate_sha256s, ocsp_sha256s
    cdef public bytes dh_prime, ticket_key_name, server_key_exchange
    cdef public str client_key_share_id, server_key_share_id, server_nonce_id, renegotiation, heartbleed
    cdef public object client_first_record_length, heartbleed_packet, failure_packet
    cdef public str failure_side, answered, sealed_alert
    cdef public str ocsp_status, sct_list_sha256, client_state, server_state, certificate_state, outcome_state
    cdef public list messages, alerts, problems
    cdef public long long clear_text_packet, starttls_packet, clear_credentials_packet, starttls_injection_packet
    cdef public long long last_alert_packet, server_key_exchange_packet, renegotiation_packet, ticket_packet
    cdef public long long change_cipher_spec_packet, heartbeat_packet, certificate_status_packet
    cdef public long long hello_retry_request_packet, client_first_record_packet
