"""The product on a few pages: every write that touches several rooms is here.

enrol → outbound → inbound, answer → judge → escalate, triage; deliver is the only place that calls
the network; audit re-derives the promises. Web, worker and simulation call only these.
"""
