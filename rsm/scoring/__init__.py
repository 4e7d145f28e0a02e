"""Answers to scores, by formulas that the instrument declares; pure.

A score that cannot be computed has no value and says why: missing is not zero (P7).
"""
