"""The history of the database, one file per change."""
