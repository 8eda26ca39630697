"""Files are judged by their bytes."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.contents import can_judge, is_what_it_says

TEXT, DOCX = "application/vnd.oasis.opendocument.text", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def archive(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in parts.items():
            file.writestr(name.replace("__", "/"), content)
    return out.getvalue()


WRITTEN = archive(**{"[Content_Types].xml": "<Types/>", "word__document.xml": "<document/>"})
OPEN_TEXT = archive(mimetype=TEXT, **{"content.xml": "<office/>"})


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        (b"%PDF-1.7\n", "application/pdf", True),
        (b"junk before\n%PDF-1.4", "application/pdf", True),
        (b"<html>", "application/pdf", False),
        (b"\x89PNG\r\n\x1a\nrest", "image/png", True),
        (b"\xff\xd8\xff\xe0rest", "image/png", False),
        (b"\xff\xd8\xff\xe0rest", "image/jpeg", True),
        (b"GIF89a", "image/gif", True),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp", True),
        ("nom;prénom\n".encode(), "text/csv", True),
        ("nom;prénom\n".encode("utf-16"), "text/csv", True),
        ("nom;prénom\n".encode("latin-1"), "text/plain", True),
        (b"MZ\x90\0\x03", "text/plain", False),
        (WRITTEN, DOCX, True),
        (WRITTEN, XLSX, False),
        (WRITTEN, "application/zip", True),
        (WRITTEN, TEXT, False),
        (OPEN_TEXT, TEXT, True),
        (OPEN_TEXT, "application/vnd.oasis.opendocument.spreadsheet", False),
        (OPEN_TEXT, DOCX, False),
        (archive(mimetype="x" * 1000), TEXT, False),
        (b"PK\x03\x04 broken", DOCX, False),
        (b"anything", "application/x-of-its-own", False),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "application/msword", True),
        (b"anything", "application/vnd.ms-excel", False),
        (b"II*\0rest", "image/tiff", True),
    ],
)
def test_a_file_is_what_it_says_only_if_its_bytes_agree(content, kind, expected):
    assert is_what_it_says(content, kind) is expected


@given(content=st.binary(max_size=200), kind=st.sampled_from([TEXT, DOCX, XLSX, "application/zip", "application/pdf"]))
def test_whatever_the_bytes_there_is_an_answer(content, kind):
    assert is_what_it_says(content, kind) in (True, False)


@given(cut=st.integers(0, len(WRITTEN)), kind=st.sampled_from([TEXT, DOCX]))
def test_a_broken_archive_is_no_office_file(cut, kind):
    assert is_what_it_says(WRITTEN[:cut], kind) is (cut == len(WRITTEN) and kind == DOCX)


@pytest.mark.parametrize(
    ("kind", "judged"),
    [
        (DOCX, True),
        (TEXT, True),
        ("text/csv", True),
        ("application/pdf", True),
        ("application/x-of-its-own", False),
        ("application/vnd.openxmlformats-officedocument.of-its-own", False),
    ],
)
def test_some_kinds_cannot_be_told_by_their_bytes(kind, judged):
    assert can_judge(kind) is judged


@given(content=st.binary(max_size=64), kind=st.sampled_from(["application/x-of-its-own", "video/mp4", "font/otf"]))
def test_what_cannot_be_judged_is_never_believed(content, kind):
    assert not is_what_it_says(content, kind)
