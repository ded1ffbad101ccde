"""Outlook messages for tests: just enough of Microsoft's compound file format (MS-CFB, version 3) to hold one."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

_SECTOR = 512
_SMALLEST = 4096
"""Bytes; shorter streams would live in a store of their own, so all are filled up with zeros."""
_END, _FREE, _FAT, _NONE = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF
_FOLDER, _STREAM, _ROOT = 1, 2, 5


def msg(
    texts: Mapping[str, str],
    *,
    sent: int = 0,
    attachments: Sequence[tuple[str, bytes]] = (),
    code_page: int = 0,
) -> bytes:
    """An Outlook message with these text properties by number; `sent` counts 100 ns from 1601.

    With a code page the texts are stored as bytes of that encoding, otherwise as UTF-16.
    """
    form, encoding = ("001E", f"cp{code_page}") if code_page else ("001F", "utf-16-le")
    values = [struct.pack("<IIQ", 0x00390040, 0, sent), struct.pack("<IIQ", 0x3FFD0003, 0, code_page or 1200)]
    streams = {"__properties_version1.0": bytes(32) + b"".join(values)}
    streams |= {f"__substg1.0_{number}{form}": text.encode(encoding) for number, text in texts.items()}
    for n, (name, data) in enumerate(attachments):
        folder = f"__attach_version1.0_#{n:08X}"
        streams[f"{folder}/__substg1.0_3707001F"] = name.encode("utf-16-le")
        streams[f"{folder}/__substg1.0_37010102"] = data
    return compound_file(streams)


def compound_file(streams: Mapping[str, bytes]) -> bytes:
    """A compound file of these streams, named "name" or "folder/name"."""
    sectors: list[bytes] = []
    chain: list[int] = []

    def store(data: bytes) -> int:
        first, count = len(sectors), -(-len(data) // _SECTOR)
        sectors.extend(data[n * _SECTOR : (n + 1) * _SECTOR].ljust(_SECTOR, b"\0") for n in range(count))
        chain.extend([*range(first + 1, first + count), _END])
        return first

    filled = {name: data.ljust(_SMALLEST, b"\0") for name, data in streams.items()}
    start = store(_directory({name: (store(data), len(data)) for name, data in filled.items()}))
    tables = next(n for n in range(1, 110) if n * _SECTOR // 4 >= len(sectors) + n)
    first_table = len(sectors)
    chain += [_FAT] * tables
    chain += [_FREE] * (tables * _SECTOR // 4 - len(chain))
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        *(0x3E, 3, 0xFFFE, 9, 6),
        *(0, tables, start, 0, _SMALLEST, _END, 0, _END, 0),
    )
    places = [first_table + n if n < tables else _FREE for n in range(109)]
    return header + struct.pack("<109I", *places) + b"".join(sectors) + struct.pack(f"<{len(chain)}I", *chain)


def _directory(streams: Mapping[str, tuple[int, int]]) -> bytes:
    """The root, its streams and folders, and the streams of each; siblings hang below each other."""
    folders = sorted({name.split("/")[0] for name in streams if "/" in name})
    top = [*folders, *(name for name in streams if "/" not in name)]
    inner = {folder: [name for name in streams if name.startswith(f"{folder}/")] for folder in folders}
    ids: dict[str, int] = {}
    for names in (top, *inner.values()):
        for name in names:
            ids[name] = len(ids) + 1
    entries = [_entry("Root Entry", _ROOT, child=ids[top[0]])]
    for names in (top, *inner.values()):
        for name, following in zip(names, [*names[1:], ""], strict=True):
            right = ids.get(following, _NONE)
            if name in inner:
                entries.append(_entry(name, _FOLDER, right=right, child=ids[inner[name][0]]))
            else:
                first, size = streams[name]
                entries.append(_entry(name.split("/")[-1], _STREAM, right=right, first=first, size=size))
    entries += [bytes(128)] * (-len(entries) % 4)
    return b"".join(entries)


def _entry(name: str, kind: int, *, right: int = _NONE, child: int = _NONE, first: int = 0, size: int = 0) -> bytes:
    encoded = name.encode("utf-16-le")
    place = (kind, 1, _NONE, right, child, first, size)
    return struct.pack("<64sHBBIII36xIQ", encoded, len(encoded) + 2, *place)
