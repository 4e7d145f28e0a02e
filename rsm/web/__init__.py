"""The pages, the JSON API and the callbacks: FastAPI over the flow functions.

Endpoints load facts, call one flow function, and hand a frozen view model to `pages.render`.
"""
