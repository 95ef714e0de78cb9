"""The public holidays of countries: the only module that knows the `holidays` library.

They are looked up for a wide span of years when a policy is read from its files, and kept with
it, so that no command has to import the library as it starts. For years beyond that span it is
asked when somebody needs them.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from sdcli.errors import alternatives, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sdcli.policy.agreements import SlaPolicies
    from sdcli.policy.calendars import PublicHolidays

YEARS = range(2010, 2050)
"""The years that are looked up when the files are read."""

_LANGUAGE = "en_US"
_SPOKEN = {"uk": "gb", "england": "gb", "scotland": "gb", "wales": "gb", "great britain": "gb"}


def library() -> str:
    """Which library in which version says what the public holidays are."""
    return f"holidays {version('holidays')}"


def looked_up(policies: SlaPolicies) -> SlaPolicies:
    """The policies with the public holidays of all calendars for `YEARS`.

    What the library does not know is left without any: `wrong` says so.
    """
    calendars = {
        name: calendar
        and replace(
            calendar,
            public_holidays=tuple(each and _known(each) for each in calendar.public_holidays),
        )
        for name, calendar in policies.calendars.items()
    }
    return replace(policies, calendars=calendars)


def _known(entry: PublicHolidays) -> PublicHolidays:
    if any(wrong(entry)):
        return entry
    found = {year: _of(entry, year) for year in YEARS}
    until = type(_library_of(_key(entry))).end_year + 1
    return replace(entry, known=found, until=until, library=library())


def of_year(entry: PublicHolidays, year: int) -> dict[str, str]:
    """The names of the holidays of a year by their dates, `2026-12-25`."""
    known = entry.known.get(year)
    if known is not None:
        return known
    return {} if entry.until and year >= entry.until else _of(entry, year)


def wrong(entry: PublicHolidays) -> Iterator[tuple[str, str]]:
    """What the library does not know of an entry: the key that is wrong, and a sentence."""
    countries = _countries()
    if entry.country not in countries:
        yield (
            "country",
            (
                f"no public holidays are known for the country `{entry.country}`; "
                f"{_country_like(entry.country)}"
            ),
        )
        return
    plain = type(_library_of((entry.country, "", ())))
    aliases = dict(getattr(plain, "subdivisions_aliases", {}))
    parts = (*plain.subdivisions, *aliases)
    if entry.subdivision and entry.subdivision not in parts:
        close = alternatives(entry.subdivision, parts)
        yield "subdivision", f"`{entry.country}` has no subdivision `{entry.subdivision}`; {close}"
    categories = plain.supported_categories
    strange = [each for each in entry.categories if each not in categories]
    for each in strange:
        close = alternatives(each, categories)
        yield "categories", f"`{entry.country}` has no holidays of the category `{each}`; {close}"
    if strange or (entry.subdivision and entry.subdivision not in parts):
        return
    names = sorted(_names(_key(entry)))
    for each in entry.excepted:
        if each not in names:
            close = alternatives(each, names)
            yield "except", f"no public holiday of `{entry.country}` is called `{each}`; {close}"


_Key = tuple[str, str, tuple[str, ...]]


def _key(entry: PublicHolidays) -> _Key:
    return entry.country, entry.subdivision, entry.categories


def _of(entry: PublicHolidays, year: int) -> dict[str, str]:
    """The holidays of a year without the excepted ones, in the order of their dates."""
    asked = _library_of(_key(entry))
    if not asked.start_year <= year <= asked.end_year:
        return {}
    asked.get(f"{year}-01-01")  # so that the library works the year out
    found = {}
    for day in sorted(day for day in asked if day.year == year):
        names = [name for name in asked.get_list(day) if name not in entry.excepted]
        if names:
            found[day.isoformat()] = "; ".join(names)
    return found


@cache
def _countries() -> tuple[str, ...]:
    import holidays  # noqa: PLC0415 - only a file that names a country pays for it

    return tuple(holidays.list_supported_countries(include_aliases=False))


def _country_like(given: str) -> str:
    """The code of the country that is probably meant, by its name or a longer code."""
    from holidays.registry import COUNTRIES  # noqa: PLC0415 - as above

    codes = {name: names[1] for module, names in COUNTRIES.items() for name in (module, *names)}
    folded = {name.casefold().replace("_", " "): code for name, code in codes.items()}
    meant = _SPOKEN.get(given.casefold(), given.casefold())
    close = meant if meant in folded else nearest(meant, folded)
    write = "write its code of two letters, like GB"
    return f"did you mean `{folded[close]}`?" if close else write


@cache
def _library_of(key: _Key) -> Any:
    """The library's own holidays, with names in English where it has them."""
    import holidays  # noqa: PLC0415 - as above

    country, subdivision, categories = key
    shape = type(holidays.country_holidays(country))
    language = _LANGUAGE if _LANGUAGE in shape.supported_languages else None
    return holidays.country_holidays(
        country,
        subdiv=subdivision or None,
        categories=categories or None,
        language=language,
        years=_years_of(shape, YEARS),
    )


def _years_of(shape: Any, years: Iterable[int]) -> list[int]:
    return [year for year in years if shape.start_year <= year <= shape.end_year]


@cache
def _names(key: _Key) -> frozenset[str]:
    """What the holidays of the years looked up are called."""
    asked = _library_of(key)
    return frozenset(name for day in asked for name in asked.get_list(day))
