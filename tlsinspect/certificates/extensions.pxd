cimport cython
from ..wire.octets cimport cut
from .der cimport (
    Element, make_element, parse_bit_string, parse_boolean, parse_element, parse_elements, parse_enclosed, parse_integer,
    parse_object_identifier, parse_small_integer
)
from .draft cimport Draft
from .names cimport ip_text, parse_general_text, uris

@cython.locals(extension=Element, value=Element, identifier=Element, parts=list, seen=set, position=Py_ssize_t, type_=str,
               identifiers=dict, kinds=dict)
cpdef parse_extensions(Element extensions, Draft draft)
@cython.locals(facts=dict)
cpdef add_absent(Draft draft, set seen)
@cython.locals(dns=list, addresses=list, email=list, elements=list, name=Element, address=str)
cpdef _parse_subject_alternative_name(Element names, Draft draft)
@cython.locals(data=bytes, position=Py_ssize_t, end=Py_ssize_t, count=Py_ssize_t)
cpdef _parse_timestamps(Element wrapped, Draft draft)
