cimport cython
from .draft cimport Draft
from .der cimport (
    Element, parse_bit_string, parse_element, parse_elements, parse_integer, parse_object_identifier
)

@cython.locals(algorithm=Element, key=Element, identifier=Element)
cpdef parse_public_key(Element info, Draft draft)
@cython.locals(encoded=Element, numbers=list)
cpdef _parse_rsa(list parameters, Element key, Draft draft)
cpdef _parse_prime_field(list parameters, Element key, Draft draft)
cpdef _parse_curve(list parameters, Element key, Draft draft)
