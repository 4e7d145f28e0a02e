"""E-mail through any SMTP server, and what mail servers report back.

`settings` reads the server's address, `letters` writes a message down, `sender` hands it over,
`codes` says what replies mean, `bounces` reads delivery reports and complaints. `fake` stands in
for the server in memory; `sandbox` is a mail server of our own on loopback, for tests and the
demo, where `mailboxes` shows what has come.
"""
