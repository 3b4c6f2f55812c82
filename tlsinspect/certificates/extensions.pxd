cimport cython
from .der cimport (
    Element, parse_bit_string, parse_boolean, parse_element, parse_elements, parse_enclosed, parse_integer,
    parse_object_identifier, parse_small_integer
)
from .names cimport ip_text, parse_general_text, uris

@cython.locals(extension=Element, value=Element, parts=list, seen=set)
cpdef parse_extensions(Element extensions, draft)
