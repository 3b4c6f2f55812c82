cimport cython

from tlsinspect.wire.packet cimport Buffer, Interface, Packet, PacketReader, unsigned16, unsigned32

cdef long long SECTION_HEADER, BYTE_ORDER_MAGIC, INTERFACE_DESCRIPTION, OBSOLETE_PACKET, SIMPLE_PACKET
cdef long long NAME_RESOLUTION, INTERFACE_STATISTICS, ENHANCED_PACKET, DECRYPTION_SECRETS


cdef class PcapngReader(PacketReader):
    cdef public bint big_endian, unlimited
    cdef public Py_ssize_t first_interface
    cdef public long long frames, secrets_length
    cdef public set noted

    @cython.locals(buffer=Buffer, data=bytes, start=Py_ssize_t, end=Py_ssize_t, length="long long", padded="long long", block_type="long long")
    cpdef bint read_packet(self, Packet packet) except -1
    @cython.locals(buffer=Buffer)
    cdef enter_section(self, long long magic)
    @cython.locals(buffer=Buffer)
    cdef gather_block(self, long long length)
    @cython.locals(buffer=Buffer, place="long long", padded="long long")
    cdef skip_block(self, long long block_type, long long length)
    cdef bint read_enhanced_packet(self, Packet packet, bytes data, Py_ssize_t start, Py_ssize_t end) except -1
    @cython.locals(
        captured="long long", index="long long", high="long long", low="long long", options=Py_ssize_t, interface=Interface
    )
    cdef bint read_timed_packet(
        self, Packet packet, bytes data, Py_ssize_t start, Py_ssize_t end, long long number
    ) except -1
    @cython.locals(resolution=object, seconds_before=object, ticks=object, time_ns=object)
    cdef convert_time(self, Interface interface, high, low, Py_ssize_t position)
    cdef bint read_other_block(
        self, Packet packet, long long block_type, bytes data, Py_ssize_t start, Py_ssize_t end
    ) except -1
    @cython.locals(captured="long long", original="long long", place="long long", interface=Interface)
    cdef bint read_simple_packet(self, Packet packet, bytes data, Py_ssize_t start, Py_ssize_t end) except -1
    cdef read_section_header(self, bytes data, Py_ssize_t start, Py_ssize_t end)
    cdef read_interface(self, bytes data, Py_ssize_t start, Py_ssize_t end)
    @cython.locals(length=Py_ssize_t, record_type=int, address=Py_ssize_t)
    cdef check_names(self, bytes data, Py_ssize_t position, Py_ssize_t end)
    cdef read_secrets(self, bytes data, Py_ssize_t start, Py_ssize_t end)
    @cython.locals(options=list, code=int, length=Py_ssize_t)
    cdef list read_options(self, bytes data, Py_ssize_t position, Py_ssize_t end)
    cdef note_once(self, str kind, Py_ssize_t position, str expected)


cdef bint is_read(long long block_type) except -1
cdef str decode_text(bytes value)
cpdef bint is_pcapng(bytes magic) except -1
