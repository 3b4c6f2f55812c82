cimport cython
from ..wire.octets cimport cut
from .der cimport (
    Element, hold_time, is_plain_time, make_element, parse_element, parse_elements, parse_enclosed, parse_header,
    parse_integer, parse_object_identifier, parse_small_integer, parse_time
)
from .draft cimport Draft
from .extensions cimport add_absent, parse_extensions
from .names cimport parse_name
from .public_key cimport parse_public_key

@cython.locals(certificate=Element, signed=Element)
cpdef _parse_outer(bytes der, Draft draft)
@cython.locals(element=Element)
cpdef Element _enter(bytes data, Py_ssize_t offset, Py_ssize_t limit, Draft draft)
@cython.locals(data=bytes, position=Py_ssize_t, element=Element, issuer=bytes, subject=bytes, field=str)
cpdef _parse_signed(Element signed, Draft draft)
@cython.locals(element=Element, extensions=Element)
cpdef _parse_optional(Element signed, Py_ssize_t position, Draft draft)
cpdef _parse_issuer(Element name, Draft draft)
cpdef _parse_subject(Element name, Draft draft)
@cython.locals(times=dict, ends=list, time=Element)
cpdef _parse_validity(Element validity, Draft draft)
