"""Adapters to the outside: each implements ports of `rsm` and brings a fake that behaves alike.

An adapter sees only ports, models and the kernel of `rsm`, and no other adapter; only
`rsm.bootstrap` knows their names.
"""
