"""The server that ``make lab`` starts."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

from basis_lab.notebook.folders import results_dir

from .conftest import free_port, own_jupyter, wait_for

CONFIG = re.compile(r'<script id="jupyter-config-data"[^>]*>(.*?)</script>', re.DOTALL)


def test_what_the_workbench_saves_lies_under_the_root_of_the_server(tmp_path, monkeypatch):
    monkeypatch.delenv("BASIS_RESULTS_DIR", raising=False)
    port = free_port()
    options = ("--no-browser", f"--port={port}", "--ServerApp.port_retries=0")
    words = (sys.executable, "-m", "basis_lab.cli", "lab", "--", *options)
    with (tmp_path / "lab.log").open("w") as log:
        server = subprocess.Popen(
            [*words, "--IdentityProvider.token="],
            stdout=log,
            stderr=log,
            env=own_jupyter(tmp_path),
            start_new_session=True,
        )
        try:
            address = f"http://127.0.0.1:{port}/lab"
            wait_for(address)
            with urlopen(address, timeout=10) as page:
                told = json.loads(CONFIG.search(page.read().decode())[1])
        finally:
            os.killpg(server.pid, signal.SIGTERM)  # and JupyterLab, which it called
            server.wait(30)

    root = Path(told["serverRoot"]).expanduser()
    assert results_dir().is_relative_to(root)
    assert (root / "notebooks" / "01_workbench.ipynb").is_file()
