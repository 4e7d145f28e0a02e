"""What a person must do: owner, due time, outcome. Overdue tasks are told to somebody."""
