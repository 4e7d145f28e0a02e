"""REPORT: what leaves for people who do not open our pages: monthly reports, exports, archive."""
