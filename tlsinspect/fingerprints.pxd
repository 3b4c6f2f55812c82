cimport cython
from .wire.messages cimport ClientHello, ServerHello, parse_alpn
from .wire.octets cimport cut

cdef dict DECIMALS
cdef bytes SERVER_NAME_PAIR

@cython.locals(found=list, at=Py_ssize_t, high=int)
cpdef list pairs(bytes vector)
@cython.locals(texts=list, pair=bytes, text=str)
cpdef str decimals(list found)
cpdef str hexes(list found)
cpdef str ja3_text(ClientHello hello)
@cython.locals(types=bytes, at=Py_ssize_t)
cpdef str ja3s_text(ServerHello hello)
cpdef str md5_hex(str text)
@cython.locals(suites=list, extensions=list, algorithms=list, listed=list, head=str, suites_text=str, extensions_text=str)
cpdef tuple ja4_texts(ClientHello hello, str transport)
cpdef str ja4_hash(str text)
cpdef str ja4_version(ClientHello hello)
@cython.locals(names=list, name=bytes, first=int, last=int)
cpdef str ja4_alpn(bytes vector)
cpdef bint is_alphanumeric(int octet)
