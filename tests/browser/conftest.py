"""A real JupyterLab on loopback and Debian's chromium, both started and ended by the tests."""

import os
import shutil
import socket
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from .bench import Bench

NOTEBOOK = "01_workbench.ipynb"
ROOT = Path(__file__).parents[2]
ARTIFACTS = Path(__file__).parent / "artifacts"
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
START_S = 120
INSTALL_S = 300
QUIET = '{"fetchNews": "false", "checkForUpdates": false}'


def install_chromium():
    """Install the browser where that is possible; say why not where it is not."""
    if CHROMIUM.exists():
        return ""
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return (
            "no chromium at /usr/bin/chromium, and it cannot be installed without apt-get as root"
        )
    for command in (("update", "-qq"), ("install", "-y", "--no-install-recommends", "chromium")):
        try:
            done = subprocess.run(
                ["apt-get", *command],  # noqa: S607 - the system's own
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                capture_output=True,
                text=True,
                check=False,
                timeout=INSTALL_S,
            )
        except subprocess.TimeoutExpired:
            return f"apt-get {command[0]} did not end in {INSTALL_S} s"
        if done.returncode != 0:
            return f"apt-get {command[0]} failed: {done.stderr[-300:]}"
    return "" if CHROMIUM.exists() else "apt-get left no /usr/bin/chromium"


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    lacking = install_chromium()
    if lacking:
        pytest.skip(lacking)
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    with api.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path_factory.mktemp("profile")),
            executable_path=str(CHROMIUM),
            args=list(FLAGS),
            viewport={"width": 1430, "height": 980},
        )
        yield context
        context.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def own_jupyter(folder):
    """Return the environment of a Jupyter that neither reads nor leaves anything elsewhere."""
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "BASIS_RESULTS_DIR": "outputs",
    }
    return {**os.environ, **{name: str(folder / place) for name, place in places.items()}}


@contextmanager
def jupyterlab(folder):
    """JupyterLab on a copy of the notebooks, with settings of its own."""
    notebooks = folder / "notebooks"
    shutil.copytree(ROOT / "notebooks", notebooks, ignore=shutil.ignore_patterns(".ipynb_*"))
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(QUIET)
    port = free_port()
    own = own_jupyter(folder)
    with (folder / "lab.log").open("w") as log:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyterlab", "--no-browser"),
                *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"),
                *("--ServerApp.port_retries=0", "--IdentityProvider.token="),
                *("--ServerApp.allow_root=True", f"--ServerApp.root_dir={folder}"),
                "--LabApp.expose_app_in_browser=True",
            ],
            stdout=log,
            stderr=log,
            cwd=folder,
            env=own,
        )
        try:
            yield f"http://127.0.0.1:{port}/lab"
        finally:
            server.terminate()
            server.wait(30)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A server for each module: its kernels and its saved runs are no other's."""
    folder = tmp_path_factory.mktemp("lab")
    with jupyterlab(folder) as address:
        wait_for(address)
        yield Lab(address, folder)


def wait_for(address):
    """Wait until the server answers, bounded by the time that urllib waits for each try."""
    import http.client
    import time
    from urllib.parse import urlsplit

    place = urlsplit(address)
    for _ in range(2 * START_S):
        connection = http.client.HTTPConnection(place.hostname, place.port, timeout=5)
        try:
            with closing(connection):
                connection.request("GET", "/api")
                if connection.getresponse().status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    pytest.fail(f"JupyterLab did not answer in {START_S} s")


class Lab:
    """A running JupyterLab."""

    def __init__(self, address, folder):
        self.address = address
        self.folder = folder

    def open(self, chromium, notebook):
        """A page with the notebook open and its kernel connected."""
        page = chromium.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on(
            "console",
            lambda said: (
                page.errors.append(said.text) if "Error setting state" in said.text else None
            ),
        )
        page.goto(f"{self.address}/tree/notebooks/{notebook}?reset", wait_until="domcontentloaded")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=180_000)
        page.wait_for_function(
            """() => {
              const shown = window.jupyterapp.shell.currentWidget;
              const context = shown && shown.sessionContext;
              return context && context.isReady && context.session?.kernel?.status === "idle";
            }""",
            timeout=180_000,
        )
        return page


@pytest.fixture(scope="module")
def bench(lab, chromium):
    """The workbench's notebook, run in a fresh kernel."""
    import time

    page = lab.open(chromium, NOTEBOOK)
    page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    began = time.perf_counter()
    run_all(page)
    bench = Bench(page)
    page.wait_for_selector(".bl-head h2", timeout=180_000)
    bench.wait_drawn()
    note(f"from run-all to the first result: {time.perf_counter() - began:.2f} s")
    yield bench
    page.close()


def run_all(page):
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")


def shot(page, name, *, whole=False):
    """A screenshot among the artifacts."""
    ARTIFACTS.mkdir(exist_ok=True)
    place = ARTIFACTS / f"{name}.png"
    if whole:
        page.locator(".bl-root").screenshot(path=str(place))
    else:
        page.screenshot(path=str(place))


def note(line):
    """A measured figure among the artifacts."""
    ARTIFACTS.mkdir(exist_ok=True)
    with (ARTIFACTS / "figures.txt").open("a") as file:
        file.write(f"{line}\n")
