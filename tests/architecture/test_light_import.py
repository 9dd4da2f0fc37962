"""What a process has to load: nothing heavy on import, no pandas for a backtest."""

import json
import subprocess
import sys

import pytest

HEAVY = ("pandas", "plotly", "duckdb", "pydantic", "pyarrow", "IPython")

IMPORT = """
import json, sys, time
start = time.perf_counter()
import basis_lab
print(json.dumps({"seconds": time.perf_counter() - start, "modules": sorted(sys.modules)}))
"""

BACKTEST = """
import json, sys
from basis_lab.cli import main
code = main(["backtest", "btc_basis", "--start", "2024-06-01", "--end", "2024-06-08",
             "--out", sys.argv[1], "--no-plots", "--quiet"])
print(json.dumps({"code": code, "modules": sorted(sys.modules)}))
"""


def run(script: str, *arguments: str) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_importing_the_package_loads_nothing_heavy(record_property):
    report = run(IMPORT)

    record_property("import_seconds", report["seconds"])
    assert not set(HEAVY) & set(report["modules"])


@pytest.mark.slow
def test_a_backtest_without_plots_never_loads_pandas(tmp_path):
    report = run(BACKTEST, str(tmp_path))

    assert not report["code"]
    assert not {"pandas", "plotly"} & set(report["modules"])
