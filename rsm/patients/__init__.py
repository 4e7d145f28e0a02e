"""Patients from the first contact on: enrolment, contact points, consent, treatment, pauses."""
