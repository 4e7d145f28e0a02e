"""Organisations, sites, teams, duty rosters, and the addresses that each site sends from."""
