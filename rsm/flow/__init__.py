"""The product on a few pages: every write that touches several rooms is here.

enrol → outbound, inviting → inbound, answer → judge → escalate, triage; deliver is the only place
that calls the network; audit re-derives the promises. Web, worker and simulation call only these.

Every door to a survey ends in `answer`: the page, `conversation*` (text), `voice_*` (call), `entry`
(staff), `proxies`, `tablet`, `paper`. What is left half-way is judged by `idle`.
"""
