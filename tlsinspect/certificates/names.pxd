cimport cython
from .der cimport Element, parse_element, parse_elements, parse_object_identifier, parse_string

@cython.locals(encoding=bytes)
cpdef tuple parse_name(Element name)
cpdef str escape_text(str text)
cpdef str parse_general_text(Element name)
cpdef list uris(names)
cpdef str ip_text(bytes octets)
