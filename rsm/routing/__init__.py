"""ROUTE. Which team an alert goes to: a tree as data, and a pure walk that nothing falls out of."""
