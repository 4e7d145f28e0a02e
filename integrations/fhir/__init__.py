"""FHIR R4 Questionnaires in and out: theirs become our instruments, ours become theirs.

What our instruments cannot say is refused with the element's path and how to mend it. What says
nothing about what is asked (addresses, codes, looks) is kept as it came and written out again.
"""
