"""Text messages and calls through Twilio, or through any server that speaks Twilio's API.

`sender` hands messages over and reads the provider's list, `voice` makes calls, `hooks` reads what
the provider calls back, `codes` says what its codes mean. `fake` and `fake_voice` stand in for all
of it in memory; `sandbox` is a Twilio-compatible server of our own, a separate process behind HTTP,
so that the code that runs in the demo is the code that runs in a hospital.
"""
