"""MEASURE: how well it works. Every figure has its definition, its numerator and its denominator.

This room may read other rooms' tables, and only read them: roll-ups for the site page, gauges for
Prometheus, and the facts from which the auditor re-derives the promises.
"""
