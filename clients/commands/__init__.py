"""The small command lines of the clients. The SDK itself needs nothing from here."""
