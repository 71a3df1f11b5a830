from bench.options import options


def test_every_subcommand_takes_the_same() -> None:
    args = options("latency", "what it does").parse_args(["--json", "-", "--processes", "3"])
    assert (args.json, args.processes) == ("-", 3)
    assert args.program.name == "server.py"
    assert args.program.is_file()
