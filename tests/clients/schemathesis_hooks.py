"""What Schemathesis generates and holds for something else than it is."""

import schemathesis

def number(value):
    try:
        return int(str(value))
    except ValueError:
        return None


def is_wider(value):
    """Whether a number has no place in 64 bits, or just none in 32. To the tool the width is a limit; to JSON Schema, and
    to the server, which takes what is too large for as large as can be, it is none."""
    return value is not None and (value in (1 << 31, -(1 << 31) - 1) or not -(1 << 63) <= value < 1 << 63)


def is_mistaken(name, value):
    # Under `/v0` moments of pnut's count for nothing, whatever they are.
    return is_wider(number(value)) or (name.endswith("expiration") and number(value) is None)


@schemathesis.hook
def filter_case(context, case):
    return not any(is_mistaken(name, value) for name, value in (case.query or {}).items())


def whole(value):
    """Numbers as a program writes them that has integers: 900 for 900.0."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: whole(member) for name, member in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    return value


@schemathesis.hook
def map_case(context, case):
    case.body = whole(case.body)
    return case
