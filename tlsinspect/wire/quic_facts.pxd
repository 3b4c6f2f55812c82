cdef class QuicFacts:
    cdef public long long version, close_error
    cdef public list connection_ids, sealed, opened
    cdef public bint version_negotiation, retry, zero_rtt, begins, versions_differ, google
    cdef public bytes first_destination, server_name
