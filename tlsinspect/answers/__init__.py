"""Answers: the questions that people bring to a capture, each with its number and its cases.

In: an Inspection, or anything with its frames. Out: Answer records and a table of
cases. QUESTIONS declares what is asked; statistics counts it; nothing here judges.
"""

from __future__ import annotations

from .build import build_answers, build_cases
from .catalogue import QUESTIONS
from .record import Answer, Case, Inspected, Question

__all__ = ["QUESTIONS", "Answer", "Case", "Inspected", "Question", "build_answers", "build_cases"]
