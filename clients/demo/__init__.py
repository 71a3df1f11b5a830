"""A sample city that lives: patrols, neighbours and buttons as real clients, and a view of it.

python -m clients.demo            # a server, a city of about 120 quadrants, simulators, the view
python -m clients.demo --help     # real polygons, the replay of real incidents, a timed run

Everything here speaks to the server as any device does; nothing looks inside it.
"""
