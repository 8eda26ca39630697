"""``passerelle opendata``: written to a folder, and read back from one without a home."""

from builders import changed_charter, provision


def test_the_files_are_written_and_read_back_and_written_again(light_desk, passerelle, tmp_path):
    light_desk.to_work()
    out, again = tmp_path / "out", tmp_path / "again"
    done = passerelle("opendata", "export", out)
    assert (done.code, "13 fichiers" in done.out, "Aucune personne" in done.out) == (0, True, True)
    checked = passerelle("opendata", "check", out, "--rewrite", again)
    assert (checked.code, "actions\u00a0: 1 lignes" in checked.out) == (0, True)
    assert {file.name: file.read_bytes() for file in out.iterdir()} == {file.name: file.read_bytes() for file in again.iterdir()}
    told = passerelle("opendata", "check", again, "--json").data
    assert (told["tables"]["jalons"], told["rewritten"]) == (4, None)


def test_where_somebody_was_hidden_is_told_so_that_the_text_can_be_mended(light_desk, passerelle, tmp_path):
    number = light_desk.to_work(provision(7, description="Écrire à service@ville.example"))
    assert passerelle("opendata", "export", tmp_path / "out", "--json").data["masked"] == [{"action": number, "field": "description"}]
    assert f"{number}, description" in passerelle("opendata", "export", tmp_path / "out").out


def test_a_convention_that_publishes_nothing_and_folders_that_cannot_be_used_are_refused(light_desk, passerelle, tmp_path):
    (tmp_path / "file").write_text("")
    unwritable = passerelle("opendata", "export", tmp_path / "file" / "out")
    assert (unwritable.code, "choisissez-en un autre" in unwritable.said) == (2, True)
    nothing = passerelle("opendata", "check", tmp_path / "nowhere")
    assert (nothing.code, "datapackage.json" in nothing.said) == (2, True)
    light_desk.under(changed_charter(tmp_path / "closed.yaml", lambda document: document.pop("publication")))
    closed = passerelle("opendata", "export", tmp_path / "out")
    assert (closed.code, "rien n'est public" in closed.said, (tmp_path / "out").exists()) == (2, True, False)
