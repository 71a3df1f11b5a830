"""Figures of every subcommand, as small as they can be."""

from typing import Any

MS = {"p50": 1.0, "p90": 1.2, "p99": 1.5, "p999": 3.0, "p9999": 4.0, "max": 5.0}
MACHINE = {
    "at": "2026-01-01T00:00:00+00:00",
    "processor": "Fast <One>",
    "cores": 2,
    "memory_gb": 16.0,
    "system": "Linux",
    "python": "3.11",
    "commit": "abc",
    "stolen_share": 0.0,
}
WELL = {"lost": 0, "duplicated": 0, "misrouted": 0}


def results() -> dict[str, dict[str, Any]]:
    """Every goal is met."""
    own = {"core_cpu_us_per_signal": 50.0, "signals_per_s_per_core": 20_000}
    peer = {"ratio": 3.0, "cpu_us_per_signal": 150.0, "signals_per_s_per_core": 6_667}
    times = dict.fromkeys(("handheld_ms", "receipt_ms", "stored_ms", "generator_late_ms"), MS)
    curve = [[0.0, 0.5], [50.0, 1.0], [99.0, 1.5], [100, 5.0]]
    figures: dict[str, dict[str, Any]] = {
        "latency": {
            "rate": 500.0,
            "idle": 1_000,
            **WELL,
            **times,
            "loop_pause_ms": MS,
            "bystander_pause_ms": {"p50": 0.1, "p99": 0.2, "p999": 0.3, "max": 1.0},
            "curves": {"handheld": curve, "stored": curve, "over_time": [[0.0, 1, 2], [0.5, 1, 2]]},
        },
        "floor": {"ratio": 1.6, "handheld_p99_ratio": 2.0, "remarks": ["the machine is noisy"]},
        "capacity": {
            "limit_ms": 10.0,
            "steps": [
                {
                    "rate": rate,
                    "p50_ms": 1.0,
                    "p99_ms": rate / 200,
                    "stored_p99_ms": 5.0,
                    "core_cpu_us_per_signal": 50.0,
                    "holds": rate < 2_000,
                }
                for rate in (1_000, 2_000)
            ],
        },
        "connections": {
            "roles": [
                {
                    "role": "app",
                    "connections": 100,
                    "bytes_each": 6_000,
                    "connect_p50_ms": 1.0,
                    "connect_cpu_us": 300.0,
                    "ping_cpu_us": 20.0,
                }
            ]
        },
        "growth": {
            "ratio": 1.1,
            "dimensions": {
                "devices": {
                    "from": 1_000,
                    "to": 100_000,
                    "ratio": 1.1,
                    "cpu_us_per_signal": [50.0, 55.0],
                }
            },
        },
        "storm": {"all_back_s": 20.0, "lost": 0, "during": {"lost": 0, "handheld_ms": MS}},
        "peers": {
            "cuadrante": own,
            "peers": {
                **{name: dict(peer) for name in ("node-ws", "fastapi", "mosquitto")},
                "nats": {"missing": "nats-server is missing"},
            },
        },
    }
    return {name: {**each, "machine": MACHINE} for name, each in figures.items()}
