"""Filters: a person's condition on the columns of a frame -> which rows it holds for.

Goes in: text, from anybody. It is scanned, parsed and checked against COLUMNS by our own code, never evaluated
as Python, and compiled to operations on whole Arrow columns. Comes out: truth values, or a FilterError that
points at the character.
"""
