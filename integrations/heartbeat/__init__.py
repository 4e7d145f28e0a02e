"""The dead-man's switch outside the house: any service that raises the alarm when pings stop."""
