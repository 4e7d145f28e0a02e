"""ALERT. Rule packs applied to answers; one alert per survey; open, acknowledged, closed.

Rules are data: the packs lie in `alert_rules/`, a clinical decision of the site. This room makes
them mean what they say, and says in plain words why it told somebody.

A pack is read (`packs`, `composing`) into what a clinician may write (`schema`, `conditions`,
`worked`), checked (`checks`, `check_rules`, `scan`), changed for a site, team or patient (`tiers`),
made ready (`plan`, `evaluate`) and asked about one report (`decide`, `sheet`), whose findings are
put into words (`reasons`, `wording`) and kept quiet where that is right (`quiet`). All of this is
pure. What stands in the database: `service`, `handling`, `events`, `store`, `tables`.
"""
