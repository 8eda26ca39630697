"""What the machine lacks."""

import os
from typing import NoReturn

import pytest

IN_CI = os.environ.get("CI") == "true"


def lacking(what: str) -> NoReturn:
    """Skip what cannot be tried here, with the reason; in continuous integration nothing may be skipped for want of a program."""
    if IN_CI:
        pytest.fail(what)
    pytest.skip(what)
