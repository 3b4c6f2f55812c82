cimport cython
from ..wire.octets cimport cut

@cython.final
cdef class Element:
    cdef readonly bytes data
    cdef readonly int tag
    cdef readonly Py_ssize_t offset, start, end
    cpdef error(self, str kind, str expected)
    cpdef fail(self, str kind, str expected)
    cpdef Element expect(self, int tag)

@cython.locals(start=Py_ssize_t, tag=int, length=Py_ssize_t, octets=Py_ssize_t, place=Py_ssize_t)
cpdef Element parse_header(bytes data, Py_ssize_t offset, Py_ssize_t limit)
@cython.locals(element=Element)
cpdef Element make_element(bytes data, int tag, Py_ssize_t offset, Py_ssize_t start, Py_ssize_t end)
@cython.locals(element=Element)
cpdef Element parse_element(bytes data, Py_ssize_t offset, Py_ssize_t limit)
@cython.locals(elements=list, element=Element, position=Py_ssize_t)
cpdef list parse_elements(Element outer, Py_ssize_t least, Py_ssize_t most)
@cython.locals(element=Element)
cpdef Element parse_enclosed(Element outer)
cpdef parse_integer(Element element)
cpdef parse_small_integer(Element element)
cpdef bint parse_boolean(Element element) except -1
cpdef parse_bit_string(Element element)
cpdef parse_object_identifier(Element element)
cpdef parse_time(Element element)
@cython.locals(octets=bytes)
cpdef bint is_plain_time(Element element) except -1
cpdef hold_time(time)
cpdef str parse_string(Element element)
