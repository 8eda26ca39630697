"""What Python would find under our names, and what our names must not hide."""

import re
import sys
from importlib.metadata import packages_distributions

import pytest
from builders import ROOT

PACKAGES = ("cli", "flows", "models", "notifications", "services")
STEMS = sorted(path.stem for path in (ROOT / "flows").glob("*.py") if path.stem != "__init__")
ADDRESS = re.compile(r"[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,}\b")
SHOWN = [*PACKAGES, "deploy", "docs", "tests", "Makefile", "README.md", "CONTRIBUTING.md", "pyproject.toml"]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_other_distribution_provides_a_package_of_ours(package):
    assert packages_distributions().get(package, ["passerelle"]) == ["passerelle"]


@pytest.mark.parametrize("stem", STEMS)
def test_a_flow_file_hides_no_package_no_standard_module_and_nothing_installed(stem):
    """Prefect may put the folder of a flow first on the path: such a name would be found instead of the real one."""
    assert stem not in {*PACKAGES, *sys.stdlib_module_names, *packages_distributions()}


def files():
    for name in SHOWN:
        path = ROOT / name
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in found if file.suffix in {".py", ".md", ".toml", ".yaml", ".csv", ".html", ".txt"} and file.is_file())


def test_every_mail_address_is_one_that_cannot_exist():
    found = {address for file in files() for address in ADDRESS.findall(file.read_text(encoding="utf-8"))}
    assert sorted(address for address in found if not address.endswith(".example")) == []
