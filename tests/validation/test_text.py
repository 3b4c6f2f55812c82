"""What `validate` says beside a verdict."""

import pyarrow as pa

from tlsinspect.validation.text import OBJECTS, SHOWN_CASES, render_cases

BASE = {"server_ip": "192.0.2.1", "server_port": 443, "server_name": "www.example", "packet": 7}


def cases(*rows: dict[str, object]) -> list[str]:
    """The lines about some rows of the validation table."""
    told = [BASE | {"connection_id": str(number)} | row for number, row in enumerate(rows)]
    return list(render_cases(pa.Table.from_pylist(told), {}))


def test_what_a_verifier_objects_to_is_told_under_the_verdict_that_the_chain_has() -> None:
    lines = cases(
        {"verdict": "valid", "detail": None, "objection": "no subjectAltName"},
        {"verdict": "not_observable", "detail": "the name was not captured", "objection": "no subjectAltName"},
        {"verdict": "valid", "detail": None, "objection": None},
    )
    headings = [line for line in lines if line and not line.startswith(" ")]
    assert headings == [f"valid, though {OBJECTS}", f"not_observable, though {OBJECTS}"]
    assert lines.count("    no subjectAltName") == 2
    assert sum(line.startswith("  192.0.2.1:443 (www.example): 1 connection, packet 7") for line in lines) == 2


def test_more_cases_than_are_shown_are_counted_with_what_lists_them() -> None:
    wrong = [{"verdict": "expired", "detail": f"certificate {number}", "objection": None} for number in range(50)]
    assert cases(*wrong)[-1] == f"  and {50 - SHOWN_CASES} more; --format csv --table validation lists all"
    sent = [row | {"client_ip": "192.0.2.9"} for row in wrong]
    assert cases(*sent)[-1] == f"  and {50 - SHOWN_CASES} more; --format csv --table client_validation lists all"
