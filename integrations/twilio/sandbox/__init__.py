"""A Twilio-compatible server for anyone without an account: the demo, the tests, a laptop.

A separate process behind HTTP (`python -m integrations.twilio.sandbox`), so that everything around
it runs as in a hospital: it creates, fetches and lists messages, signs its callbacks and the texts
that its simulated phones send, and misbehaves when it is told to. `control` is its remote control.
It listens on loopback only and holds synthetic data only.
"""
