"""``python -m basis_lab.cli``: the command line without an installed script."""

import sys

from basis_lab.cli import main

if __name__ == "__main__":
    sys.exit(main())
