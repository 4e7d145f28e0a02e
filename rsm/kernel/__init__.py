"""Words and small tools that every room shares: clock, ids, errors, value types, keyword lists.

The kernel imports nothing of ours and does no I/O.
"""
