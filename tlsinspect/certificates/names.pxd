cimport cython
from ..wire.octets cimport cut
from .der cimport Element, parse_element, parse_elements, parse_object_identifier, parse_string

@cython.locals(encoding=bytes)
cpdef tuple parse_name(Element name)
@cython.locals(outer=Element, relative_name=Element, attribute=Element, position=Py_ssize_t, at=Py_ssize_t, part=bytes,
               names=list, attributes=list)
cpdef tuple _spell_name(bytes encoding)
@cython.locals(attribute=Element, identifier=Element, value=Element)
cpdef tuple _spell_attribute(bytes encoding)
cpdef str escape_text(str text)
@cython.locals(octets=bytes)
cpdef str parse_general_text(Element name)
cpdef list uris(names)
cpdef str ip_text(bytes octets)
cpdef _parse_text(Element value)
cpdef str _escape_value(str text)
