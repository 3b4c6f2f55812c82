"""Columns of Arrow -> one 64-bit number per row, the same for rows that look alike, at the speed of the columns.

In: record batches of connections, texts as dictionaries where the reader gives them so. Out: numpy arrays
of uint64. Nothing is compared row by row: a row's number is a hash under tables drawn at random anew in
every run, so that nobody can make two of them collide on purpose; by chance two of a million different
things collide once in 10^7 runs.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..registry import is_grease
from .catalogue import EXPLAINED, Part

Hashes = NDArray[np.uint64]
CODES = 0x10000
PLACES = 256  # octets of a text that have places of their own
GREASE = 0x0A0A
NO_KEY = np.uint64(0)
"""The number of a key that is not known."""
GOLDEN, MIXER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
ODD = np.uint64(0xA0761D6478BD642F)
SHIFT = np.uint64(32)


class Encoder:
    """Hashes under tables of its own; two encoders do not agree with each other."""

    def __init__(self) -> None:
        chance = np.random.default_rng()
        self.places = chance.integers(0, 2**63, PLACES << 8).astype(np.uint64) * np.uint64(2) + np.uint64(1)
        self.null, self.absent, self.salt = (np.uint64(value) for value in chance.integers(1, 2**63, 3))
        self.codes = chance.integers(0, 2**63, CODES).astype(np.uint64) * np.uint64(2) + np.uint64(1)
        grease = [code for code in range(0x0A0A, CODES, 0x1010) if is_grease(code)]
        self.codes[grease] = self.codes[GREASE]

    def texts(self, array: pa.Array) -> Hashes:
        """Texts, or a dictionary of them; null as NO_KEY."""
        encoded = dictionary_of(array)
        hashes = np.append(self.octets(encoded.dictionary), NO_KEY)
        return hashes[indices_of(encoded, len(hashes) - 1)]

    def octets(self, texts: pa.StringArray) -> Hashes:
        """Texts without nulls: for every octet at its place a number of its own, added up (tabulation hashing)."""
        starts, ends = bounds(texts)
        if not len(texts):
            return np.zeros(0, np.uint64)
        octets = np.frombuffer(texts.buffers()[2] or b"", np.uint8)[starts[0] : ends[-1]]
        lengths = ends - starts
        place = np.arange(len(octets), dtype=np.int32) - np.repeat(starts - starts[:1], lengths)
        weights = self.places[((place % PLACES) << 8) | octets]
        if lengths.max() > PLACES:
            weights *= (place // PLACES).astype(np.uint64) * np.uint64(2) + np.uint64(1)
        return mix(add_up(weights, starts - starts[:1], ends - starts[:1]) + lengths.astype(np.uint64) * GOLDEN + ODD)

    def numbers(self, array: pa.Array) -> Hashes:
        """Whole numbers, flags or times; null as a number of its own."""
        whole = array.cast(pa.uint8()) if pa.types.is_boolean(array.type) else array
        values = pc.fill_null(whole.cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
        hashes = mix(values.view(np.uint64) + self.salt)
        return np.where(missing(array), self.null, hashes) if array.null_count else hashes

    def sets(self, array: pa.ListArray) -> Hashes:
        """Lists of code points, whatever their order; all GREASE values (of 16 bits) are the same."""
        codes = array.values.to_numpy(zero_copy_only=False)
        if array.type.value_type == pa.uint16():
            return self.sums(array, self.codes[codes])
        return self.sums(array, mix(codes.astype(np.uint64) + self.absent))

    def firsts(self, array: pa.ListArray) -> Hashes:
        """The first text of each list; NO_KEY where there is none."""
        starts, ends = bounds(array)
        filled = starts < ends
        hashes = np.full(len(array), NO_KEY)
        hashes[filled] = self.texts(array.values.take(pa.array(starts[filled])))
        return hashes

    def reasons(self, array: pa.MapArray, columns: Iterable[str]) -> Hashes:
        """The reasons that a map states for these columns."""
        keys, items = dictionary_of(array.keys), dictionary_of(array.items)
        wanted = pc.is_in(keys.dictionary, pa.array(list(columns))).to_numpy(zero_copy_only=False)
        pairs = mix(self.octets(keys.dictionary)[:, None] + mix(self.octets(items.dictionary))[None, :])
        pairs[~wanted] = 0
        place = keys.indices.to_numpy(zero_copy_only=False) * np.int32(len(items.dictionary))
        place += items.indices.to_numpy(zero_copy_only=False)
        return self.sums(array, pairs.ravel()[place])

    def sums(self, array: pa.ListArray | pa.MapArray, weights: Hashes) -> Hashes:
        """What the entries of each list add up to; null as a number of its own."""
        starts, ends = bounds(array)
        hashes = mix(add_up(weights, starts, ends) + GOLDEN)
        return np.where(missing(array), self.absent, hashes) if array.null_count else hashes


def hash_parts(
    batch: pa.RecordBatch, parts: Iterable[Part], encoder: Encoder, hashed: dict[Part | str, Hashes] | None = None
) -> Hashes:
    """The hashes of what is looked at in some columns, to be mixed; `hashed` remembers those of each part."""
    remembered = {} if hashed is None else hashed
    hashes = np.zeros(batch.num_rows, np.uint64)
    for part in parts:
        if part not in remembered:
            remembered[part] = hash_column(batch.column(part.column), part.looks_at, encoder)
        hashes = fold(hashes, remembered[part])
    return hashes


def hash_column(array: pa.Array, looks_at: str, encoder: Encoder) -> Hashes:
    """The hashes of what is looked at in a column."""
    if looks_at == "reasons":
        return encoder.reasons(array, EXPLAINED)
    if looks_at == "present":
        return encoder.numbers(array.is_valid())
    if looks_at == "set":
        return encoder.sets(array)
    if looks_at == "first":
        return encoder.firsts(array)
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    return encoder.texts(array) if pa.types.is_string(kind) else encoder.numbers(array)


def first_rows(hashes: Hashes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The number of each hash in the order of their first rows, and these."""
    import pandas as pd

    codes, distinct = pd.factorize(hashes)
    first = np.empty(len(distinct), np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return codes, first


def add_up(weights: Hashes, starts: NDArray[np.int32], ends: NDArray[np.int32]) -> Hashes:
    """What the weights of each row add up to; rows follow each other, and may be empty."""
    if not len(starts):
        return np.zeros(0, np.uint64)
    sums: Hashes = np.add.reduceat(np.append(weights[: ends[-1]], NO_KEY), starts)  # where a start may be the end
    sums[starts == ends] = 0
    return sums


def mix(hashes: Hashes) -> Hashes:
    """Spread every bit over all bits."""
    mixed = hashes ^ (hashes >> SHIFT)
    mixed *= MIXER
    mixed ^= mixed >> SHIFT
    return mixed


def fold(hashes: Hashes, more: Hashes) -> Hashes:
    """A number that stands for both, in this order; to be mixed when the last was taken in."""
    return hashes * GOLDEN + more


def join(hashes: Hashes, more: Hashes) -> Hashes:
    """The number of both together, in this order."""
    return mix(fold(hashes, more))


def bounds(array: pa.ListArray | pa.MapArray | pa.StringArray) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Where the list or text of each row starts and ends in the array of all values."""
    if pa.types.is_string(array.type):
        whole = np.frombuffer(array.buffers()[1] or bytes(4), np.int32)
        offsets = whole[array.offset : array.offset + len(array) + 1]
    else:
        offsets = array.offsets.to_numpy(zero_copy_only=False)
    return offsets[:-1], offsets[1:]


def dictionary_of(array: pa.Array) -> pa.DictionaryArray:
    """Texts as a dictionary."""
    return array if pa.types.is_dictionary(array.type) else array.dictionary_encode()


def indices_of(encoded: pa.DictionaryArray, null: int) -> NDArray[np.int32]:
    """Which text of the dictionary each row has; `null` where it has none."""
    indices = encoded.indices
    filled = pc.fill_null(indices, null) if indices.null_count else indices
    numbers: NDArray[np.int32] = filled.to_numpy(zero_copy_only=False)
    return numbers


def missing(array: pa.Array) -> NDArray[np.bool_]:
    """Which rows are null."""
    nulls: NDArray[np.bool_] = array.is_null().to_numpy(zero_copy_only=False)
    return nulls
