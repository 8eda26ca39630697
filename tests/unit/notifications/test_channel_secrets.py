import pytest

from notifications.channels import ChannelError, resolve
from notifications.redact import redact, secrets_of

URL = "mmosts://chat.ville.example/3ccdd113474722377935511fc85d3dd4?to=cotech"
BLOCKS = {"cotech": f" {URL}\n", "two": f"{URL} {URL}", "a-table": {"url": URL}, "huge": "x" * 5000}


def no_block(name):
    raise AssertionError(name)


def test_a_reference_to_a_variable_gives_its_address(tmp_path):
    assert resolve("env:COTECH_CHAT", tmp_path, {"COTECH_CHAT": f" {URL}\n"}, no_block) == URL


def test_a_reference_to_a_file_gives_its_address(tmp_path):
    (tmp_path / "chat").mkdir()
    (tmp_path / "chat" / "cotech").write_text(f"{URL}\n")
    assert resolve("file:chat/cotech", tmp_path, {}, no_block) == URL


def test_a_reference_to_a_secret_block_gives_its_address(tmp_path):
    assert resolve("prefect-secret:cotech", tmp_path, {}, BLOCKS.get) == URL


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        (URL, "not_a_reference"),
        ("env:", "not_a_reference"),
        ("env:A-B", "not_a_reference"),
        ("file:", "not_a_reference"),
        ("file://cotech", "not_a_reference"),
        ("", "not_a_reference"),
        ("prefect-secret:", "not_a_reference"),
        ("prefect-secret:../blocks", "not_a_reference"),
        ("prefect-secret:absent", "block_absent"),
        ("prefect-secret:two", "block_content"),
        ("prefect-secret:a-table", "block_content"),
        ("prefect-secret:huge", "block_content"),
        ("env:UNSET", "variable_unset"),
        ("env:BLANK", "variable_unset"),
        ("file:absent", "file_unreadable"),
        ("file:.", "file_unreadable"),
        ("file:../secret", "file_outside"),
        ("file:/etc/hostname", "file_outside"),
        ("file:link", "file_outside"),
        ("file:two", "file_content"),
        ("file:empty", "file_content"),
        ("file:huge", "file_content"),
    ],
)
def test_a_reference_that_leads_nowhere_says_which_and_what_to_mend_and_no_secret(tmp_path, reference, reason):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_text(URL)
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "two").write_text(f"{URL}\n{URL}\n")
    (root / "empty").write_text("")
    (root / "huge").write_text("x" * 5000)
    with pytest.raises(ChannelError) as refusal:
        resolve(reference, root, {"BLANK": " "}, BLOCKS.get)
    assert refusal.value.reason == reason
    assert refusal.value.reference == ("(not shown)" if reason == "not_a_reference" else reference)
    assert "3ccdd1134" not in str(refusal.value)


def test_a_reason_keeps_its_sense_and_loses_its_secrets():
    said = (
        "WARNING Failed to send to bot@chat.ville.example: Unauthorized, error=401.\n"
        "Max retries exceeded with url: /hooks/3ccdd113474722377935511fc85d3dd4 (https://chat.ville.example:8065/x) token=abc"
    )
    assert redact(said, secrets_of(URL)) == "WARNING Failed to send to *** Unauthorized, error=401. Max retries exceeded *** (*** ***"


def test_secrets_are_found_as_written_and_as_meant():
    assert (
        redact("user p@ss!word and channel-x", secrets_of("json://user:p%40ss%21word@host.example/hook?to=channel-x")) == "*** *** and ***"
    )
