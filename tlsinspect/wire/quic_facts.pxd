cdef class QuicFacts:
    cdef public long long version, close_error
    cdef public list connection_ids, sealed
    cdef public bint version_negotiation, retry, zero_rtt, google
    cdef public bytes server_name
