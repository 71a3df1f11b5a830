"""`python -m clients.button`: a button with a WebSocket, in a terminal."""

from clients.commands.button import main

main()
