"""ESCALATE. Who is told next, and when, until somebody takes the alert; policies are data.

An open alert always has a next step or a loan that ends (P4); the safety contact stands at the
end of every ladder.
"""
