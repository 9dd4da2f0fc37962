"""What the repository's files may not say: addresses of registries, paths of one machine."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# A letter in brackets keeps each pattern from matching itself.
REGISTRIES = re.compile(
    r"pyp[i]\.org|pythonhoste[d]\.org|npmj[s]\.(?:org|com)|registry\.yarnpk[g]"
    r"|anacond[a]\.(?:org|com)/|deb\.debia[n]\.org|(?:extra-)?index-ur[l]|find-link[s]"
)
MACHINE_PATHS = re.compile(r"(?<![\w.~$})-])/(?:roo[t]|hom[e]|User[s]|wor[k]|op[t]|mn[t])/\w")


def tracked_files() -> list[Path]:
    """Every file that is committed, or would be by the next `git add`."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: tracked files cannot be listed")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607 - the git of the machine
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def offences(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in tracked_files():
        content = path.read_bytes()
        if b"\0" in content:
            continue
        for number, line in enumerate(content.decode().splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    return found


def test_no_file_names_a_package_registry():
    found = offences(REGISTRIES)

    assert not found, "\n".join(found)


def test_no_file_names_a_path_of_one_machine():
    found = offences(MACHINE_PATHS)

    assert not found, "\n".join(found)
