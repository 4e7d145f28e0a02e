"""One survey session over any channel: validated, immutable answers with their origin."""
