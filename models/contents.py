"""Whether bytes are what their file's name says: by the signatures that the formats themselves prescribe."""

import io
import zipfile
from collections.abc import Callable, Mapping

_PDF_WITHIN = 1024
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
_OFFICE_FOLDERS = {"wordprocessingml.document": "word/", "spreadsheetml.sheet": "xl/", "presentationml.presentation": "ppt/"}


def is_what_it_says(content: bytes, media_type: str) -> bool:
    """Whether the bytes can be of this kind; never of a kind that cannot be judged (``can_judge``).

    PDF: its header within the first kilobyte (ISO 32000-1, annex H). Images: their magic numbers. Older office files: a compound file (MS-CFB 2.2). Office files: an archive with the parts
    that OPC (ISO 29500-2) and OpenDocument (part 3, 3.3) prescribe. Text: no byte that no text holds.
    """
    if media_type.startswith("text/"):
        return _is_text(content)
    if media_type.startswith((_OFFICE, _OPEN)):
        return _is_archive_of(content, media_type)
    judge = _BY_SIGNATURE.get(media_type)
    return judge is not None and judge(content)


def can_judge(media_type: str) -> bool:
    """Whether files of this kind can be told from others by their bytes: a charter accepts no other kind."""
    office = media_type.startswith(_OFFICE) and media_type.removeprefix(_OFFICE) in _OFFICE_FOLDERS
    return media_type.startswith(("text/", _OPEN)) or office or media_type in _BY_SIGNATURE


_BY_SIGNATURE: Mapping[str, Callable[[bytes], bool]] = {
    "application/pdf": lambda content: b"%PDF-" in content[:_PDF_WITHIN],
    "image/jpeg": lambda content: content.startswith(b"\xff\xd8\xff"),
    "image/png": lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"),
    "image/gif": lambda content: content.startswith((b"GIF87a", b"GIF89a")),
    "image/webp": lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP",
    "image/tiff": lambda content: content.startswith((b"II*\0", b"MM\0*")),
    **dict.fromkeys(
        ("application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"),
        lambda content: content.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ),
    "application/zip": lambda content: zipfile.is_zipfile(io.BytesIO(content)),
}


def _is_text(content: bytes) -> bool:
    return content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" not in content


def _is_archive_of(content: bytes, media_type: str) -> bool:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if media_type.startswith(_OPEN):
                return "mimetype" in names and archive.getinfo("mimetype").file_size <= len(media_type) and _named(archive) == media_type
            folder = _OFFICE_FOLDERS.get(media_type.removeprefix(_OFFICE), "")
            return "[Content_Types].xml" in names and any(name.startswith(folder) for name in names)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError):
        return False


def _named(archive: zipfile.ZipFile) -> str:
    """What an OpenDocument archive says it is."""
    return archive.read("mimetype").decode("ascii", "replace").strip()
