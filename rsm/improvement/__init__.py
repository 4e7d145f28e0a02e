"""IMPROVE: what a site changed and when, what it hoped for, and whether it is ready to go live.

The journal stands on the run charts. Nothing here is about a patient.
"""
