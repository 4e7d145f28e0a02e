"""`python -m rsm.cli`."""

import sys

from rsm.cli import main

sys.exit(main())
