"""Questionnaires by version: items, branching, languages, licences.

An instrument is data (TOML in `library/` or a site's own file), read once into frozen models and
pinned by its content hash. What a patient is asked next is decided by pure functions over it.
Licensed wording is never here: PRO-CTCAE, PHQ, GAD, QLQ-C30, EQ-5D-5L, SWEMWBS and ESAS-r are
shipped as codes, scales, branching and scoring only.
"""
