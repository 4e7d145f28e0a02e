"""How sure a figure is: intervals, survival, control charts, funnels. Pure, and without a database.

Each function names its source; the golden cases of the tests are from the same papers.
"""
