"""Hold each package to its floor of coverage (lines and branches together), by name.

python tests/checks/coverage_floors.py coverage.json
"""

import json
import sys
from pathlib import Path

FLOORS = {
    "basis_lab/calc": 1.00,
    "basis_lab/ledger": 1.00,
    "basis_lab/monitors": 0.95,
    "basis_lab/engine": 0.95,
    "basis_lab/execution": 0.95,
}
SHOWN = 12


def share_covered(files: dict[str, dict], package: str) -> float:
    """The share of statements and branches of a package that the suite ran; NaN without files."""
    summaries = [
        report["summary"]
        for name, report in files.items()
        if Path(name).as_posix().startswith(f"{package}/")
    ]
    hit = sum(s["covered_lines"] + s["covered_branches"] for s in summaries)
    total = sum(s["num_statements"] + s["num_branches"] for s in summaries)
    return hit / total if total else float("nan")


def gaps(files: dict[str, dict], package: str) -> list[str]:
    """The files of a package that are not wholly covered, worst first, with lines and branches."""
    partial = [
        (name, report)
        for name, report in files.items()
        if Path(name).as_posix().startswith(f"{package}/")
        and (report["missing_lines"] or report["missing_branches"])
    ]
    partial.sort(key=lambda item: item[1]["summary"]["percent_covered"])
    return [
        f"    {name}: lines {shortened(report['missing_lines'])}, "
        f"branches {shortened(report['missing_branches'])}"
        for name, report in partial
    ]


def shortened(places: list) -> str:
    """The first places of a list, and how many more there are."""
    shown = ", ".join(str(place) for place in places[:SHOWN])
    more = len(places) - SHOWN
    return f"[{shown}, and {more} more]" if more > 0 else f"[{shown}]"


def main(path: str) -> int:
    """Print one line a package; the exit code says whether one is under its floor."""
    files = json.loads(Path(path).read_text())["files"]
    failed = False
    for package, floor in FLOORS.items():
        share = share_covered(files, package)
        held = share >= floor
        verdict = "held" if held else "NOT HELD"
        sys.stdout.write(f"coverage {package}: {share:.2%}, floor {floor:.0%}: {verdict}\n")
        if not held:
            failed = True
            sys.stdout.writelines(f"{line}\n" for line in gaps(files, package))
    share = share_covered(files, "basis_lab")
    sys.stdout.write(f"coverage basis_lab: {share:.2%} in all\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
