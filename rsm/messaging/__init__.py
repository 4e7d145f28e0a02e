"""The post room: what goes out and what became of it, what comes in and what it means.

Templates, quiet hours, the opt-out ledger, the outbox and the inbox; surveys by text
(`conversations`, `questions`, `item_replies`) and what calls say (`spoken`). Providers stand behind
the ports; nothing in here calls the network. An answer is never taken for STOP, nor STOP for an
answer (P8). No health information stands in a text that we send (P10), but for the questions of a
patient who chose to be asked by text: and these never stand in the outbox.
"""
