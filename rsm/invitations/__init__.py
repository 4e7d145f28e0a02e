"""Links to a survey: into whose hands each was given (hers, a proxy's, the tablet's), until when.

A token is never stored, only its hash; it is derived again when it is sent. A link that was revoked
or has run out opens nothing.
"""
