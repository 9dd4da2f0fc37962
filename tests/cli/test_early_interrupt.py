"""An interrupt that comes while the code of a command is still being read."""

import subprocess
import sys

import pytest

INTERRUPTED_AT = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupting())
from basis_lab.cli import main
sys.exit(main(["modes"]))
"""


@pytest.mark.parametrize("module", ["basis_lab.cli.edge", "basis_lab.cli.sweeps", "numpy"])
def test_an_interrupt_during_the_imports_of_a_command_is_told_and_has_its_code(module):
    call = [sys.executable, "-c", INTERRUPTED_AT, module]

    done = subprocess.run(call, check=False, capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stderr) == (130, "interrupted\n")
