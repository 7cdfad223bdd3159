"""Build versions of a lake one after the other: ``python read_while_building.py RAW LAKE TIMES``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from assemblier.lake.build import build
from raw_files import COMMUNES, write_small


def main(raw: Path, lake: Path, times: int) -> None:
    write_small(raw)
    build(raw, lake)
    print("ready", flush=True)
    codes = list(COMMUNES)
    for turn in range(times):
        rows = "".join(f"{code},x\n" for code in codes[: 1 + turn % len(codes)])
        (raw / "sous" / "pays.csv").write_text(f"code,nom\n{rows}", encoding="utf-8")
        build(raw, lake)
    print("done", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
