"""RSM: remote symptom monitoring in cancer care. The table of rooms is in README.md."""

__version__ = "0.1.0"
