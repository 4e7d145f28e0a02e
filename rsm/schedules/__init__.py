"""Which plan a patient follows, and the windows that came due.

A plan is data (`library/`): what opens, reminds and closes, in the patient's local time. Pure date
functions turn it into windows (P14); what is due is a row with its due time (P1).
"""
