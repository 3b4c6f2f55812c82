cimport cython
from .der cimport (
    Element, parse_element, parse_elements, parse_enclosed, parse_header, parse_integer, parse_object_identifier,
    parse_small_integer, parse_time
)
from .names cimport parse_name
