"""How somebody is reached. Where a chat room is: kept by reference (``env:NAME``, ``file:path`` or ``prefect-secret:NAME``), looked up only when something is sent."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

MAIL, OPERATORS = "mail", "operators"
"""The channels that are not references: a person's address, and that of the operators."""
_LARGEST = 4096
_BLOCK_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class ChannelError(Exception):
    """A reference leads nowhere. ``reason`` is a code, the text tells an operator what to mend; neither holds a secret."""

    def __init__(self, reference: str, reason: str, remedy: str) -> None:
        """Name the reference; a literal address is a secret in itself, so pass a description instead."""
        super().__init__(f"channel {reference}: {remedy}")
        self.reference = reference
        self.reason = reason


def resolve(reference: str, root: Path, environ: Mapping[str, str], block: Callable[[str], object]) -> str:
    """Return the address that a reference stands for; ``file:`` paths are relative to the root and stay inside it.

    ``block`` gives the value of a Secret block of Prefect by its name, or None where there is none; what it raises is passed on.

    Raises:
        ChannelError: the reference is of another form (a literal address is refused), or leads to nothing.
    """
    kind, _, name = reference.partition(":")
    if kind == "env" and name.isidentifier():
        return _from_environment(reference, name, environ)
    if kind == "file" and name and not name.startswith("//"):
        return _from_file(reference, root, name)
    if kind == "prefect-secret" and _BLOCK_NAME.fullmatch(name):
        return _from_block(reference, block(name))
    raise ChannelError("(not shown)", "not_a_reference", "write env:NAME, file:path or prefect-secret:NAME, never the address itself")


def _from_environment(reference: str, name: str, environ: Mapping[str, str]) -> str:
    url = environ.get(name, "").strip()
    if not url:
        raise ChannelError(reference, "variable_unset", f"set the environment variable {name}, then restart")
    return url


def _from_file(reference: str, root: Path, name: str) -> str:
    file = (root / name).resolve()
    if not file.is_relative_to(root.resolve()):
        raise ChannelError(reference, "file_outside", "the file must lie inside the folder of channels")
    try:
        content = file.read_bytes()[: _LARGEST + 1]
    except OSError as error:
        raise ChannelError(reference, "file_unreadable", "create the file, readable by this service only") from error
    lines = content.decode("utf-8", "replace").split()
    if len(lines) != 1 or len(content) > _LARGEST:
        raise ChannelError(reference, "file_content", "the file must hold one address and nothing else")
    return lines[0]


def _from_block(reference: str, value: object) -> str:
    if value is None:
        raise ChannelError(reference, "block_absent", "make a Secret block of this name in Prefect")
    lines = value.split() if isinstance(value, str) else []
    if len(lines) != 1 or len(lines[0]) > _LARGEST:
        raise ChannelError(reference, "block_content", "the Secret block must hold one address and nothing else")
    return lines[0]
