"""Decay of use with travel time, as values: a weight between 0 and 1 for each time.

A decay is given as text (``steps:10=1,15=1/3,20=0.1``) or as a value (``Steps((10, 15, 20),
(1, 1/3, 0.1))``); the two are the same thing and turn into each other without loss. Bounds are
inclusive: twenty minutes are within ``binary:20``.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from assemblier.errors import BadInput, Problem

__all__ = [
    "Binary",
    "BlurredSteps",
    "Decay",
    "Epanechnikov",
    "Exponential",
    "Gaussian",
    "Logistic",
    "Steps",
    "parse_decay",
]

ALLOWED = (
    "binary:20 ; steps:10=1,15=1/3,20=0.1 ; gaussian:30 ; epanechnikov:30 ; "
    "exponential:0.1 ; logistic:20,5 (ces deux-là acceptent « ,max=60 ») ; "
    "blurred-steps:10=1,15=1/3,sigma=0.13"
)
_LARGEST_DENOMINATOR = 100
_SECONDS_PER_MINUTE = 60.0
_BLUR_REACH = 4.0


class Decay(ABC):
    """A weight in [0, 1] that does not grow with time."""

    __slots__ = ()

    @property
    @abstractmethod
    def limit(self) -> float:
        """Minutes beyond which the weight is zero; infinite where there is no bound."""

    @abstractmethod
    def weights(self, minutes: ArrayLike) -> NDArray[np.float64]:
        """Return the weight of each time, same shape as ``minutes``, float64."""

    @abstractmethod
    def __str__(self) -> str:
        """Write the decay as the text that reads back to it."""

    def by_second(self, last: int) -> NDArray[np.float64]:
        """Return the weight of each whole second from 0 to ``last``, shape (last + 1,)."""
        return self.weights(np.arange(last + 1) / _SECONDS_PER_MINUTE)


@dataclass(frozen=True, slots=True)
class Steps(Decay):
    """Weights by steps with inclusive bounds (Luo & Qi 2009, 10.1016/j.healthplace.2009.06.002).

    Parameters
    ----------
    bounds
        Upper bounds in minutes, increasing.
    heights
        Weight up to each bound, in [0, 1], not increasing.
    """

    bounds: tuple[float, ...]
    heights: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "bounds", tuple(float(bound) for bound in self.bounds))
        object.__setattr__(self, "heights", tuple(float(height) for height in self.heights))
        problems = []
        if not self.bounds or len(self.bounds) != len(self.heights):
            problems.append(_problem("il faut au moins un palier, et un poids par palier", self))
        if any(not (0 <= bound < math.inf) for bound in self.bounds) or any(
            after <= before for before, after in zip(self.bounds, self.bounds[1:], strict=False)
        ):
            problems.append(_problem("les bornes en minutes doivent croître à partir de 0", self))
        if any(not (0 <= height <= 1) for height in self.heights) or any(
            after > before for before, after in zip(self.heights, self.heights[1:], strict=False)
        ):
            problems.append(
                _problem("les poids doivent être entre 0 et 1 et ne jamais remonter", self)
            )
        elif self.heights and self.heights[0] == 0:
            problems.append(_problem("au moins un poids doit être supérieur à 0", self))
        if problems:
            raise BadInput(problems)

    @property
    def limit(self) -> float:
        """Last bound with a weight above zero, minutes."""
        return max(
            bound for bound, height in zip(self.bounds, self.heights, strict=True) if height > 0
        )

    def weights(self, minutes: ArrayLike) -> NDArray[np.float64]:
        """Return the height of the step each time falls on, zero beyond the last."""
        step = np.searchsorted(self.bounds, np.asarray(minutes, dtype=np.float64), side="left")
        return np.append(self.heights, 0.0)[step]

    def __str__(self) -> str:
        return "steps:" + ",".join(
            f"{_written(bound)}={_written(height)}"
            for bound, height in zip(self.bounds, self.heights, strict=True)
        )


@dataclass(frozen=True, slots=True)
class BlurredSteps(Decay):
    """Steps seen through times of uncertain length: ``blurred-steps:10=1,15=1/3,sigma=0.13``.

    If the true time is the estimated one times a log-normal error, the expected weight is
    w(t) = Σ_b (v_b − v_{b+1}) Φ((ln T_b − ln t) / σ), bounds T_b and heights v_b.

    Attributes
    ----------
    steps
        The steps of the true times.
    sigma
        Standard deviation of the logarithm of (true over estimated time), above 0.
    """

    steps: Steps
    sigma: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "sigma", float(self.sigma))
        if not (0 < self.sigma < math.inf):
            raise BadInput(
                _problem(
                    "l’écart-type « sigma » de l’erreur des temps doit dépasser 0", str(self.sigma)
                )
            )

    @property
    def limit(self) -> float:
        """Minutes at four standard deviations beyond the last bound; then zero."""
        return self.steps.limit * math.exp(_BLUR_REACH * self.sigma)

    def weights(self, minutes: ArrayLike) -> NDArray[np.float64]:
        """Return the expected weight of each estimated time."""
        from scipy.special import ndtr  # noqa: PLC0415 (slow to import, not always needed)

        time = np.asarray(minutes, dtype=np.float64)
        log_time = np.log(np.maximum(time, np.finfo(np.float64).tiny))
        drops = -np.diff([*self.steps.heights, 0.0])
        weight = np.zeros_like(time)
        for bound, drop in zip(self.steps.bounds, drops, strict=True):
            weight += drop * ndtr((np.log(bound) - log_time) / self.sigma)
        return np.where(time <= self.limit, weight, 0.0)

    def __str__(self) -> str:
        return f"blurred-{self.steps},sigma={_written(self.sigma)}"


@dataclass(frozen=True, slots=True)
class Binary(Decay):
    """One up to a bound, inclusive, then zero (Luo & Wang 2003, 10.1068/b29120)."""

    minutes: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "minutes", float(self.minutes))
        if not (0 <= self.minutes < math.inf):
            raise BadInput(_problem("la borne doit être un nombre de minutes, zéro ou plus", self))

    @property
    def limit(self) -> float:
        """The bound, minutes."""
        return self.minutes

    def weights(self, minutes: ArrayLike) -> NDArray[np.float64]:
        """Return 1 within the bound, 0 beyond."""
        return (np.asarray(minutes, dtype=np.float64) <= self.minutes).astype(np.float64)

    def __str__(self) -> str:
        return f"binary:{_written(self.minutes)}"


@dataclass(frozen=True, slots=True)
class Gaussian(Decay):
    """Gaussian brought to zero at its reach (Dai 2010, 10.1016/j.healthplace.2010.06.012).

    w = (e^(−½(t/t0)²) − e^(−½)) / (1 − e^(−½)) for t up to t0.
    """

    minutes: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "minutes", float(self.minutes))
        _positive(self.minutes, "la portée", self)

    @property
    def limit(self) -> float:
        """The reach t0, minutes."""
        return self.minutes

    def weights(self, minutes: ArrayLike) -> NDArray[np.float64]:
        """Return the Gaussian weight, brought to zero at the reach."""
        time = np.asarray(minutes, dtype=np.float64)
        floor = math.exp(-0.5)
        weight = (np.exp(-0.5 * (time / self.minutes) ** 2) - floor) / (1.0 - floor)
        return np.where(time < self.minutes, weight, 0.0)

    def __str__(self) -> str:
        return f"gaussian:{_written(self.minutes)}"


@dataclass(frozen=True, slots=True)
class Epanechnikov(Decay):
    """¾ (1 − (t/t0)²) up to t0 (Dai & Wang 2011, 10.1068/b36149)."""

    minutes: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "minutes", float(self.minutes))
        _positive(self.minutes, "la portée", self)

    @property
    def limit(self) -> float:
        """The reach t0, minutes."""
        return self.minutes

    def weights(self, minutes: ArrayLike) -> NDArray[np.float64]:
        """Return the kernel weight, zero at the reach."""
        time = np.asarray(minutes, dtype=np.float64)
        return np.where(time < self.minutes, 0.75 * (1.0 - (time / self.minutes) ** 2), 0.0)

    def __str__(self) -> str:
        return f"epanechnikov:{_written(self.minutes)}"


@dataclass(frozen=True, slots=True)
class Exponential(Decay):
    """e^(−βt), with β per minute and, where one is wanted, a bound in minutes."""

    rate: float
    until: float = math.inf

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", float(self.rate))
        object.__setattr__(self, "until", float(self.until))
        _positive(self.rate, "le taux par minute", self)
        _positive(self.until, "la borne « max »", self, infinite=True)

    @property
    def limit(self) -> float:
        """The bound, minutes; infinite where there is none."""
        return self.until

    def weights(self, minutes: ArrayLike) -> NDArray[np.float64]:
        """Return the exponential weight, zero beyond the bound."""
        time = np.asarray(minutes, dtype=np.float64)
        return np.where(time <= self.until, np.exp(-self.rate * time), 0.0)

    def __str__(self) -> str:
        return f"exponential:{_written(self.rate)}{_written_bound(self.until)}"


@dataclass(frozen=True, slots=True)
class Logistic(Decay):
    """1 / (1 + e^((t − m)/s)): one half at m minutes, steeper where s is small."""

    midpoint: float
    scale: float
    until: float = math.inf

    def __post_init__(self) -> None:
        for name in ("midpoint", "scale", "until"):
            object.__setattr__(self, name, float(getattr(self, name)))
        _positive(self.midpoint, "le temps où le poids vaut un demi", self)
        _positive(self.scale, "l’étalement", self)
        _positive(self.until, "la borne « max »", self, infinite=True)

    @property
    def limit(self) -> float:
        """The bound, minutes; infinite where there is none."""
        return self.until

    def weights(self, minutes: ArrayLike) -> NDArray[np.float64]:
        """Return the logistic weight, zero beyond the bound."""
        time = np.asarray(minutes, dtype=np.float64)
        # written so that it neither overflows nor loses its tail
        weight = np.exp(-np.logaddexp(0.0, (time - self.midpoint) / self.scale))
        return np.where(time <= self.until, weight, 0.0)

    def __str__(self) -> str:
        return (
            f"logistic:{_written(self.midpoint)},{_written(self.scale)}{_written_bound(self.until)}"
        )


def parse_decay(text: str | Decay) -> Decay:
    """Read a decay from its text; a value is returned as it is.

    Parameters
    ----------
    text
        ``binary:20``, ``steps:10=1,15=1/3,20=0.1``, ``gaussian:30``, ``epanechnikov:30``,
        ``exponential:0.1``, ``logistic:20,5``, ``blurred-steps:10=1,15=1/3,sigma=0.13``; numbers
        may be fractions; the exponential and the logistic accept a bound,
        ``exponential:0.1,max=60``.

    Raises
    ------
    BadInput
        The text is not one of these; the message says what is allowed.
    """
    if isinstance(text, Decay):
        return text
    name, colon, rest = text.strip().partition(":")
    reader = _READERS.get(name.strip().lower())
    if reader is None or not colon:
        raise BadInput(_problem("la décroissance est inconnue", text))
    try:
        return reader([part.strip() for part in rest.split(",")])
    except BadInput as error:
        raise BadInput(replace(problem, value=text) for problem in error.problems) from error
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise BadInput(_problem("la décroissance est illisible", text)) from error


def _number(text: str) -> float:
    return float(Fraction(text))


def _one_number(parts: list[str]) -> float:
    if len(parts) != 1:
        raise ValueError(parts)
    return _number(parts[0])


def _read_steps(parts: list[str]) -> Steps:
    pairs = [part.split("=") for part in parts]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError(parts)
    return Steps(
        tuple(_number(bound) for bound, _ in pairs), tuple(_number(height) for _, height in pairs)
    )


def _read_blurred(parts: list[str]) -> BlurredSteps:
    *steps, last = parts
    name, equals, sigma = last.partition("=")
    if not equals or name.strip() != "sigma":
        raise ValueError(parts)
    return BlurredSteps(_read_steps(steps), _number(sigma))


def _with_bound(parts: list[str], count: int) -> list[float]:
    *numbers, last = parts
    name, equals, bound = last.partition("=")
    if equals:
        if name.strip() != "max":
            raise ValueError(parts)
        ends = [_number(bound)]
    else:
        numbers, ends = parts, []
    if len(numbers) != count:
        raise ValueError(parts)
    return [_number(number) for number in numbers] + ends


_READERS: dict[str, Callable[[list[str]], Decay]] = {
    "binary": lambda parts: Binary(_one_number(parts)),
    "steps": _read_steps,
    "blurred-steps": _read_blurred,
    "gaussian": lambda parts: Gaussian(_one_number(parts)),
    "epanechnikov": lambda parts: Epanechnikov(_one_number(parts)),
    "exponential": lambda parts: Exponential(*_with_bound(parts, 1)),
    "logistic": lambda parts: Logistic(*_with_bound(parts, 2)),
}


def _written(number: float) -> str:
    """Write a number so that it reads back the same, as a short fraction where it is one."""
    if number.is_integer():
        return str(int(number))
    near = Fraction(number).limit_denominator(_LARGEST_DENOMINATOR)
    if float(near) == number and len(str(near)) < len(repr(number)):
        return str(near)
    return repr(number)


def _written_bound(until: float) -> str:
    return "" if math.isinf(until) else f",max={_written(until)}"


def _positive(value: float, what: str, decay: Decay, *, infinite: bool = False) -> None:
    if not value > 0 or (math.isinf(value) and not infinite):
        raise BadInput(_problem(f"{what} doit être un nombre supérieur à 0", decay))


def _problem(what: str, given: object) -> Problem:
    shown = given if isinstance(given, str) else repr(given)
    return Problem(
        what,
        value=shown,
        allowed=ALLOWED,
        advice="Les bornes sont en minutes et comprises dans l’intervalle.",
    )
