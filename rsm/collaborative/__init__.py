"""COMPARE: sites and systems side by side, by aggregates only, signed, and never as a league."""
