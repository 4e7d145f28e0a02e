"""The promises (P1 to P17) as a judge sees them: questions to the rows, and what breaks them.

The judge has no memory and trusts no worker: whatever the flow believes, the rows must say so.
`check_since` asks what can have broken since an instant, cheaply, each virtual hour; `check_all`
asks everything, each virtual week and at the end.
"""

from rsm.simulate.promises.judge import CHECKED, Verdict, check_across, check_all, check_since
from rsm.simulate.promises.model import Broken

__all__ = ["CHECKED", "Broken", "Verdict", "check_across", "check_all", "check_since"]
