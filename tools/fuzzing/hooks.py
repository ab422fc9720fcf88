"""What schemathesis cannot learn from the API's description."""

import ast
import base64
import re
import threading
import zlib

import schemathesis
from hypothesis import strategies


def cursor(after):
    """A cursor as the API makes it: the last id and its checksum."""
    checksum = zlib.crc32(after.bytes).to_bytes(4, "big")
    return base64.urlsafe_b64encode(after.bytes + checksum).decode().rstrip("=")


# A checksum is nothing that a pattern could describe.
schemathesis.openapi.format("cursor", strategies.uuids().map(cursor))


@schemathesis.hook
def map_case(context, case):
    """Gives cases that are meant to be right a right ETag.

    The coverage phase makes headers of letters and digits alone and, where no such text fits
    the pattern, sends `0` as a value that fits.
    """
    if case.meta.generation.mode.is_positive:
        for name in ("If-Match", "If-None-Match"):
            if not _TAG.search(str(case.headers.get(name, "*"))):
                case.headers[name] = '"1"'
    return case


_TAG = re.compile(r'[*"]')


# Some Pythons fail now and then with "AST constructor recursion depth mismatch" when several
# threads parse at once (python/cpython#106905), which Hypothesis does for its messages.
_parse = ast.parse
_one_at_a_time = threading.RLock()


def _parse_alone(*arguments, **options):
    with _one_at_a_time:
        return _parse(*arguments, **options)


ast.parse = _parse_alone
