"""The HTTP side: what people and gateways ask for that no press ever waits for."""
