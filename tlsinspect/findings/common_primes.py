"""Which of many numbers have a prime in common with another one: tens of thousands of RSA moduli in seconds.

With P the product of all numbers and D the sum of all P/n, D = P/n modulo n: so n has a prime in common with another
number where gcd(D mod n, n) is not 1. P and D come up a tree of products, D/P goes down the same tree as a fraction: at
each node, what is left of it after the decimal point once it is multiplied by the product of the other branch (D. J.
Bernstein, Scaled remainder trees, 2004). All nodes of a level are multiplied at once, by numpy's Fourier transform; the
lowest level is made of buckets of numbers, where Python's own arithmetic is quicker.

Numbers are rows of lanes of 24 bits, the least significant first, that are cut into digits from -2048 to 2048. A
product is exact: with k the binary logarithm of its length and m digits in a factor, a coefficient is off by at most
2^22 m 13 k 2^-53 (C. Percival, Rapid multiplication modulo the sum and difference of highly composite numbers, theorem
5.1), which for the longest, of ROOM_BITS, is 0.4: rounding finds the integer. Nevertheless P and D are computed again
modulo a prime, and what arrives at each bucket has to be an integer divided by its product, which a mistake is not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int32]
DIGIT_BITS = 12
BASE, HALF = 1 << DIGIT_BITS, 1 << (DIGIT_BITS - 1)
LANE_BITS, LANE_OCTETS = 24, 3  # two digits
LANE = (1 << LANE_BITS) - 1
BUCKET = 342  # lanes; four moduli of 2048 bits
GUARD = 2  # lanes behind a fraction: each level loses less than two units of the last place
ROOM_BITS = 1 << 25  # numbers that are compared at once; what is more is compared by parts, each pair of them at once
PLAIN_BITS = 1 << 14  # shorter ones are divided and multiplied by Python itself
FEW = 32  # numbers that need no tree
POINTS = 1 << 17  # values that are transformed at once: they fit a processor's cache
CHECK = (1 << 61) - 1  # a prime


def shared_factors(numbers: Sequence[int]) -> frozenset[int]:
    """Those distinct numbers above 1 that have a prime in common with another one.

    Raises ArithmeticError where the arithmetic of floating-point numbers did not prove exact.
    """
    distinct = list(dict.fromkeys(numbers))
    if sum(number.bit_length() for number in distinct) <= ROOM_BITS:
        return frozenset(compare(distinct))
    parts = list(cut(distinct, ROOM_BITS // 2))
    return frozenset(found for one, other in combinations(parts, 2) for found in compare(one + other))


def cut(numbers: Sequence[int], room: int) -> Iterator[list[int]]:
    """Numbers in their order, in lists of at most so many bits, or of one."""
    part: list[int] = []
    left = room
    for number in numbers:
        if part and number.bit_length() > left:
            yield part
            part, left = [], room
        part.append(number)
        left -= number.bit_length()
    if part:
        yield part


def compare(numbers: Sequence[int]) -> list[int]:
    """shared_factors, of numbers that there is room for."""
    if len(numbers) <= FEW:
        _, total = product_and_sum(numbers)
        return [number for number in numbers if math.gcd(total % number, number) != 1]
    buckets = list(cut(numbers, LANE_BITS * BUCKET))
    pairs = [product_and_sum(bucket) for bucket in buckets]
    width = max(BUCKET, *(lanes(product.bit_length()) for product, _ in pairs))
    levels = [rows_of([product for product, _ in pairs], width)]
    totals = rows_of([total for _, total in pairs], width)
    while len(totals) > 1:
        products, totals = climb(levels[-1], totals)
        levels.append(products)
    product, total = number_of(levels.pop()[0]), number_of(totals[0])
    check(product, total, numbers)
    width = totals.shape[1] + GUARD
    fractions = rows_of([divide(total % product, product, LANE_BITS * width)], width)
    while levels:
        fractions = descend(fractions, levels.pop())
    scale = LANE_BITS * fractions.shape[1]
    found = []
    for bucket, (product, _), row in zip(buckets, pairs, fractions, strict=True):
        rest = nearest(number_of(row) * product, scale)
        found += [number for number in bucket if math.gcd(rest % number, number) != 1]
    return found


def nearest(value: int, scale: int) -> int:
    """The integer that value / 2^scale is next to, or ArithmeticError."""
    quotient = (value + (1 << (scale - 1))) >> scale
    if abs(value - (quotient << scale)) >> (scale - LANE_BITS):
        raise ArithmeticError("no remainder came down the tree")
    return quotient


def check(product: int, total: int, numbers: Sequence[int]) -> None:
    """Compare P and D with what they are modulo a prime."""
    one, other = 1, 0
    for number in numbers:
        one, other = one * number % CHECK, (other * number + one) % CHECK
    if (product % CHECK, total % CHECK) != (one, other):
        raise ArithmeticError("the product of the moduli is not exact")


def product_and_sum(numbers: Sequence[int]) -> tuple[int, int]:
    """P and D of a few numbers."""
    product, total = 1, 0
    for number in numbers:
        product, total = product * number, total * number + product
    return product, total


def climb(products: Rows, totals: Rows) -> tuple[Rows, Rows]:
    """P and D of the pairs of a level's nodes."""
    products, totals = even(products, 1), even(totals, 0)
    width = products.shape[1]
    size = length_of(2 * width)
    made = [np.empty((len(products) // 2, 2 * width), np.int32) for _ in range(2)]
    for part in batches(len(made[0]), size):
        left, right = (spectra(products[side::2][part], size) for side in (0, 1))
        made[0][part] = lanes_of(left * right, size)[:, : 2 * width]
        left *= spectra(totals[1::2][part], size)
        right *= spectra(totals[0::2][part], size)
        left += right
        made[1][part] = lanes_of(left, size)[:, : 2 * width]
    return made[0], made[1]


def descend(fractions: Rows, products: Rows) -> Rows:
    """The fractions of a level's nodes from those of the nodes above."""
    nodes, width = products.shape
    products = even(products, 1)
    size = length_of(2 * width + GUARD)
    made = np.empty((len(products), width + GUARD), np.int32)
    for part in batches(len(fractions), size):
        above = spectra(fractions[part], size)
        for side in (0, 1):  # what is wrapped around stays below the lanes that are kept
            both = lanes_of(above * spectra(products[1 - side :: 2][part], size), size)
            made[side::2][part] = both[:, width : 2 * width + GUARD]
    return made[:nodes]


def even(rows: Rows, value: int) -> Rows:
    """An even number of rows: to an odd one, one with this value is added."""
    return np.concatenate([rows, rows_of([value], rows.shape[1])]) if len(rows) % 2 else rows


def divide(total: int, product: int, bits: int) -> int:
    """total * 2^bits / product for total < product, less than 2^16 too small or too large."""
    long = product.bit_length()
    if bits <= PLAIN_BITS:
        return (total << bits) // product
    return min(multiply(total, inverse(product, bits)) >> long, (1 << bits) - 1)


def inverse(number: int, bits: int) -> int:
    """2^(bits + bits of the number) / number, nearly: Newton's iteration."""
    long = number.bit_length()
    if bits <= PLAIN_BITS:
        cut_off = max(0, long - 2 * bits)
        return (1 << (bits + long - cut_off)) // (number >> cut_off)
    half = bits // 2 + 16
    first = inverse(number, half)
    cut_off = max(0, long - bits - 16)
    error = (1 << (half + long - cut_off)) - multiply(first, number >> cut_off)
    kept = max(0, long - cut_off - half)
    sign, rest = (-1, -error) if error < 0 else (1, error)
    correction = multiply(first, rest >> kept) >> (half + long - cut_off - kept + half - bits)
    return (first << (bits - half)) + sign * correction


def multiply(one: int, other: int) -> int:
    """Their product, quickly if they are long."""
    if min(one.bit_length(), other.bit_length()) < PLAIN_BITS:
        return one * other
    widths = lanes(one.bit_length()), lanes(other.bit_length())
    size = length_of(sum(widths))
    product = spectra(rows_of([one], widths[0]), size)
    product *= spectra(rows_of([other], widths[1]), size)
    return number_of(lanes_of(product, size)[0])


def lanes(bits: int) -> int:
    """How many lanes hold so many bits."""
    return -(-bits // LANE_BITS)


def rows_of(numbers: Sequence[int], width: int) -> Rows:
    """A row of lanes for each number."""
    joined = b"".join(number.to_bytes(width * LANE_OCTETS, "little") for number in numbers)
    octets = np.frombuffer(joined, np.uint8).reshape(-1, LANE_OCTETS).astype(np.int32)
    return (octets[:, 0] | octets[:, 1] << 8 | octets[:, 2] << 16).reshape(len(numbers), width)


def number_of(row: Rows) -> int:
    """The number that a row is."""
    return int.from_bytes(row.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :LANE_OCTETS].tobytes(), "little")


def length_of(width: int) -> int:
    """An even length, of small prime factors, that holds the digits of so many lanes and one more."""
    least = 2 * width + 1
    odd = [int(math.pow(3, threes) * math.pow(5, fives)) for threes in range(8) for fives in range(6)]
    return min(number << max(1, (-(-least // number) - 1).bit_length()) for number in odd)


def batches(rows: int, size: int) -> Iterator[slice]:
    """Slices of so many rows that are transformed at once."""
    step = max(1, POINTS // size)
    return (slice(first, first + step) for first in range(0, rows, step))


def spectra(rows: Rows, size: int) -> NDArray[np.complex128]:
    """The Fourier transform of each row's digits."""
    low = rows & (BASE - 1)
    carry = (low + HALF) >> DIGIT_BITS
    high = (rows >> DIGIT_BITS) + carry
    low -= carry << DIGIT_BITS
    carry = (high + HALF) >> DIGIT_BITS
    high -= carry << DIGIT_BITS
    low[:, 1:] += carry[:, :-1]
    digits = np.zeros((len(rows), size))
    digits[:, 0 : 2 * rows.shape[1] : 2] = low
    digits[:, 1 : 2 * rows.shape[1] : 2] = high
    digits[:, 2 * rows.shape[1]] = carry[:, -1]
    return np.fft.rfft(digits, axis=1)


def lanes_of(transformed: NDArray[np.complex128], size: int) -> Rows:
    """The rows whose transforms these are; what is carried beyond a row's end is of no account."""
    values = np.fft.irfft(transformed, size, axis=1)
    digits: NDArray[np.int64] = np.rint(values, out=values).astype(np.int64)
    rows = digits[:, 1::2] << DIGIT_BITS
    rows += digits[:, 0::2]
    for _ in range(3):  # of 56 bits, 24 stay each time: at last, a lane is off by one at most
        carry = rows >> LANE_BITS
        rows &= LANE
        rows[:, 1:] += carry[:, :-1]
    made = rows.astype(np.int32).reshape(-1)
    carry_on(made, made > LANE, made == LANE, 1)
    carry_on(made, made < 0, made == 0, -1)
    shaped: Rows = made.reshape(rows.shape)
    return shaped


def carry_on(lanes: NDArray[np.int32], start: NDArray[np.bool_], full: NDArray[np.bool_], step: int) -> None:
    """Carry from lanes that start it through those that are full, however many: one sum of all bits does it."""
    if not start.any():
        return
    starts, fulls = (int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little") for bits in (start, full))
    into = ((starts | fulls) + starts) ^ fulls
    octets = into.to_bytes(len(lanes) // 8 + 2, "little")
    carry = np.unpackbits(np.frombuffer(octets, np.uint8), count=len(lanes) + 1, bitorder="little").astype(np.int32)
    lanes += step * carry[:-1]
    lanes -= step * (carry[1:] << LANE_BITS)
