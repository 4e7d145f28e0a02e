"""Link tokens and reminders: who is asked, by which link, until when."""
