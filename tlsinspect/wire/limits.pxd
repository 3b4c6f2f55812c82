cdef class Limits:
    cdef readonly long long connections, connection_octets, idle_seconds, messages, problems
    cdef readonly long long early_segments, early_octets, compared_octets, message_octets
    cdef readonly long long fragmented_datagrams, datagram_fragments, fragment_octets, fragment_seconds
    cdef readonly long long quic_initials, crypto_octets, crypto_pieces, dtls_messages, dtls_octets, dtls_fragments
    cdef readonly long long early_packets, eap_octets, eap_fragments, conversations
    cdef readonly long long staple_octets, staples_octets, staple_statements
    cdef readonly long long chain_certificates, chain_depth, chain_paths, chain_signatures
    cdef readonly long long key_bits, exponent_bits, name_comparisons, exchange_octets, exchanges_octets
    cdef readonly long long moduli_octets, tested_primes, prime_bits
