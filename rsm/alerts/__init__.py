"""ALERT. Rule packs applied to answers; one alert per survey; open, acknowledged, closed.

Rules are data: the packs lie in `alert_rules/`, a clinical decision of the site. This room makes
them mean what they say, and says in plain words why it told somebody.
"""
