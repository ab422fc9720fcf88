"""What schemathesis cannot learn from the API's description."""

import ast
import base64
import json
import pathlib
import re
import threading
import uuid
import zlib

import hypothesis
import schemathesis
from hypothesis import strategies


def cursor(after):
    """A cursor as the API makes it: the last id and its checksum."""
    checksum = zlib.crc32(after.bytes).to_bytes(4, "big")
    return base64.urlsafe_b64encode(after.bytes + checksum).decode().rstrip("=")


# A checksum is nothing that a pattern could describe.
schemathesis.openapi.format("cursor", strategies.uuids().map(cursor))


# Python's regular expressions know no Unicode properties: what the description says by them is
# said by the same characters instead.
BLANK = re.escape(r"\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}")
LIST = pathlib.Path(__file__).parents[2] / "crates/contract/unicode/blank.json"


def listed():
    """The characters without a glyph, as the inside of a character class."""
    ranges = [[chr(int(code, 16)) for code in codes] for codes in json.loads(LIST.read_text())]
    return "".join(f"{re.escape(first)}-{re.escape(last)}" for first, last in ranges)


@schemathesis.hook
def before_load_schema(context, raw_schema):
    characters = listed()

    def spell_out(node):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            if key == "pattern" and isinstance(value, str):
                node[key] = re.sub(BLANK, lambda _: characters, value)
            elif isinstance(value, (dict, list)):
                spell_out(value)

    spell_out(raw_schema)


@schemathesis.hook
def map_case(context, case):
    """Makes right what is meant to be right.

    The coverage phase writes headers in letters and digits alone: where no such text fits the
    pattern, as for an ETag, it sends `0` as one that does, and every key it sends is the same
    short one, while a key is for one request. Sequences get a key of their own too: with one
    that an earlier sequence used, the API rightly answers with that one's item, which may be
    gone by now.
    """
    phase = case.meta.phase.name.value
    if not case.meta.generation.mode.is_positive or phase == "fuzzing":
        return case
    if "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
    for name in ("If-Match", "If-None-Match"):
        if phase == "coverage" and name in case.headers:
            case.headers[name] = '"1"'
    return case


# Schemathesis has Hypothesis climb toward requests that are accepted. Most of ours are, so it
# climbs for minutes on end without finding one that it has not sent yet.
hypothesis.target = lambda observation, label="": observation


# Some Pythons fail now and then with "AST constructor recursion depth mismatch" when several
# threads parse at once (python/cpython#106905), which Hypothesis does for its messages.
_parse = ast.parse
_one_at_a_time = threading.RLock()


def _parse_alone(*arguments, **options):
    with _one_at_a_time:
        return _parse(*arguments, **options)


ast.parse = _parse_alone
