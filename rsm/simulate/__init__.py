"""Months in minutes: synthetic people at a synthetic clinic, under a virtual clock.

Only people are invented here (who they are, how they feel, when they answer); every rule is the
very flow function that production calls, on a real database. A seed determines everything.
"""
