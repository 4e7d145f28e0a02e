"""Patients from the first contact on: enrolment, contact points, consent, treatment, pauses.

And who answers for one of them (`proxies`), whether she replies to texts (`texting`), and the marks
by which a sheet of paper finds its patient without a name (`marks`).
"""
