"""What the repository says about itself is so: pins, modes, documents."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"([A-Za-z0-9._-]+)==[0-9][^\s;]*( ; .+)?")
MAX_ADR_LINES = 25


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pins() -> list[str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return [line for line in lines if not line.startswith("#")]


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=~! ]", requirement, maxsplit=1)[0].lower()


def test_constraints_are_versions_and_nothing_else():
    offences = [line for line in pins() if not PIN.fullmatch(line)]

    assert not offences, offences


def test_constraints_pin_all_that_was_tested():
    extras = project()["optional-dependencies"]
    asked = [*project()["dependencies"], *extras["lab"], *extras["dev"]]

    missing = {name_of(r) for r in asked} - {line.split("==")[0].lower() for line in pins()}

    assert not missing, sorted(missing)


def test_the_readme_lists_the_modes_that_exist():
    shipped = {path.stem for path in (ROOT / "configs" / "modes").glob("*.yaml")}
    section = (ROOT / "README.md").read_text().split("## What exists today")[1].split("\n## ")[0]

    listed = set(re.findall(r"^\| `(\w+)`", section, flags=re.MULTILINE))

    assert listed == shipped


def test_decisions_are_short_enough_to_be_read():
    pages = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert pages, "docs/adr holds no page"

    lengths = {page.name: len(page.read_text().splitlines()) for page in pages}

    assert not {name: n for name, n in lengths.items() if n >= MAX_ADR_LINES}
    numbers = [name[:4] for name in lengths]
    assert numbers == [f"{n:04d}" for n in range(1, len(numbers) + 1)]
