"""One survey session over any channel: validated, immutable answers with their origin.

Each answer keeps who gave it, by which way and when (`origins`); words are sealed (`texts`). A
draft that nobody goes on with bears the time at which it is judged (`idle`).
"""
