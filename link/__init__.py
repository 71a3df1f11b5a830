"""One authenticated connection to the server, kept up: what every client of it stands on (trio)."""
