"""Questionnaires by version: items, branching, languages, pictures, licences.

An instrument is data (TOML in `library/` or a site's own file), read once into frozen models and
pinned by its content hash. What a patient is asked next is decided by pure functions over it
(`decide`, `branching`, `pages`), and what was given is read by `reading`, whatever door it came by.
Several that fall due together are one (`merge`, `sharing`). A site writes its own from the bank
(`bank`, `drafts`) and lets somebody try it first (`pilots`); what was published never changes, and
whose it is (`owners`) may retire it.
Licensed wording is never here: PRO-CTCAE, PHQ, GAD, QLQ-C30, EQ-5D-5L, SWEMWBS and ESAS-r are
shipped as codes, scales, branching and scoring only.
"""
