"""The four groups of signs: what is counted, what is not, and from which limit on."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.indicators import contacts, prices
from app.indicators.contacts import DAY_S, Use
from app.indicators.prices import Price
from app.indicators.signs import GROUP_OF, Group, Sign, level
from app.indicators.words import PATTERNS, TRIGGERS, find_signs, hidden_numbers
from benchmarks.invented_posts import rows
from benchmarks.posts_signs import FOLDER


def signs_in(text: str) -> dict[Sign, str]:
    return {one.sign: text[one.start : one.end] for one in find_signs(text)}


@pytest.mark.parametrize(
    ("text", "sign", "words"),
    [
        ("Hi I am new in town, call me", Sign.NEW_HERE, "new in town"),
        ("just arrived, leaving tomorrow", Sign.NEW_HERE, "leaving tomorrow"),
        ("We have many. Our new girls are waiting", Sign.OTHERS_SPEAK, "Our new girls"),
        ("She will come to you", Sign.OTHERS_SPEAK, "She will"),
        ("barely legal and sweet", Sign.YOUTH, "barely legal"),
        ("Incalls only!", Sign.RESTRICTED, "Incalls only"),
        ("my driver brings me", Sign.RESTRICTED, "my driver brings me"),
        ("We look after your passport.", Sign.RESTRICTED, "look after your passport"),
        ("Papers stay in the office", Sign.RESTRICTED, "Papers stay"),
        ("New in Quillhaven, until Friday", Sign.NEW_HERE, "New in Quillhaven"),
        ("visiting Ferrowick for two days", Sign.NEW_HERE, "visiting Ferrowick for two"),
        ("exotic beauties from many countries", Sign.ORIGIN, "exotic beauties"),
        ("SPECIAL price tonight, ask for her", Sign.SPECIAL, "SPECIAL price"),
        ("call nine 8 four 5 zero 1 2 3 4 five", Sign.HIDDEN_NUMBER, None),
    ],
)
def test_each_sign_of_words_is_found_with_its_words(
    text: str, sign: Sign, words: str | None
) -> None:
    found = signs_in(text)
    assert sign in found
    if words is not None:
        assert words in {text[one.start : one.end] for one in find_signs(text)}


@pytest.mark.parametrize(
    "text",
    [
        "Two-bedroom flat near the station, water all day, call 98450 12345.",
        "I repair bicycles at the old market every Sunday.",
        "Newtown library seeks volunteers",
        "Our driver brings it to your door, special price for two sofas.",
        "She or he will lead the youngest class; young people apply until nine. 98450 12345",
        "We have two rooms, ask Ida. Maths for school girls and boys.",
        "Open until six. 0114 496 0103",
        "one two three, off we go",
    ],
)
def test_plain_texts_have_no_sign(text: str) -> None:
    assert signs_in(text) == {}


def test_the_words_that_are_looked_for_first_miss_no_sign() -> None:
    labelled = (FOLDER / "first.txt").read_text(encoding="utf-8")
    texts = [
        *labelled.splitlines(), *(row[7] for row in rows(300)),
        "nayi aayi", "few nights", "3 days only", "she’s here", "ask for him", "college girl",
        "schoolgirls", "sweet 18", "baby doll", "kachchi kali", "in-calls only", "no out calls",
        "they do not talk", "never alone", "no days off", "fare to be paid back", "2for1 her",
        "two for one, her", "free trial, an hour", "lowest rates tonight", "foreign models",
    ]  # fmt: skip
    found = 0
    for text in texts:
        words = set(re.findall("[a-z]+", text.lower()))
        for sign, pattern in PATTERNS.items():
            if pattern.search(text):
                found += 1
                assert words & TRIGGERS[sign], (sign, text)
    assert found > 100


def test_words_count_only_where_something_is_offered() -> None:
    text = "She will be ninety on Thursday, our girls bring cake."
    assert find_signs(text)
    assert find_signs(text, is_offer=False) == []
    assert find_signs(text + " Message me!", is_offer=False)
    hidden = find_signs("nine 8 four 5 zero 1 2 3 4 five, she waits", is_offer=False)
    assert {one.sign for one in hidden} == {Sign.HIDDEN_NUMBER, Sign.OTHERS_SPEAK}


def test_a_reduced_price_counts_for_somebody_s_time_and_not_for_goods() -> None:
    assert Sign.SPECIAL in signs_in("Half price before noon, both girls.")
    assert Sign.SPECIAL not in signs_in("Half price because of the cat. Both girls love it.")


def test_hidden_numbers_give_their_digits_and_plain_ones_are_left_to_others() -> None:
    assert [digits for _, _, digits in hidden_numbers("nine 8 four 5 zero 1 2 3 4 five")] == [
        "9845012345"
    ]
    assert hidden_numbers("9845012345") == []


def test_a_level_counts_different_signs_and_never_exceeds_three() -> None:
    tone = [sign for sign, group in GROUP_OF.items() if group is Group.TONE]
    assert level([], Group.TONE) == 0
    assert level([tone[0], tone[0]], Group.TONE) == 1
    assert len(tone) > 3
    assert level(tone, Group.TONE) == 3
    assert level(tone, Group.PRICE) == 0


def uses(*days: float, places: tuple[str, ...] = ("",), accounts: int = 1) -> list[Use]:
    return [
        Use(1, at % accounts, places[at % len(places)], day * DAY_S) for at, day in enumerate(days)
    ]


def test_five_posts_within_a_week_are_many_and_five_in_two_weeks_are_not() -> None:
    together = contacts.facts_of(uses(1, 2, 3, 4, 8))[1]
    assert together.busiest_posts == 5
    assert Sign.MANY_AT_ONCE in contacts.frequency_signs(together)
    apart = contacts.facts_of(uses(1, 4, 7, 10, 13))[1]
    assert apart.busiest_posts == 3
    assert contacts.frequency_signs(apart) == set()


def test_three_places_within_two_weeks_are_several() -> None:
    moved = contacts.facts_of(uses(0, 7, 14, places=("a", "b", "c")))[1]
    assert (moved.widest_places, moved.widest_from_s) == (3, 0.0)
    assert Sign.SEVERAL_PLACES in contacts.frequency_signs(moved)
    slowly = contacts.facts_of(uses(0, 8, 15, places=("a", "b", "c")))[1]
    assert slowly.widest_places == 2


def test_posts_without_time_count_as_posts_and_in_no_window() -> None:
    facts = contacts.facts_of([Use(1, None, "", None)] * 25)[1]
    assert (facts.posts, facts.busiest_posts, facts.accounts) == (25, 0, 0)
    assert contacts.frequency_signs(facts) == {Sign.MANY_POSTS}


def test_a_contact_of_two_accounts_is_shared_and_an_address_is_told_apart() -> None:
    facts = contacts.facts_of(uses(1, 2, accounts=2))[1]
    assert contacts.sharing_signs(facts, is_address=False) == (Sign.SEVERAL_ACCOUNTS,)
    assert contacts.sharing_signs(facts, is_address=True) == (Sign.SHARED_ADDRESS,)
    assert contacts.sharing_signs(contacts.facts_of(uses(1, 2))[1], is_address=False) == ()


@given(st.lists(st.floats(0, 60), max_size=30), st.randoms())
def test_the_order_of_posts_does_not_matter(days: list[float], random: object) -> None:
    found = uses(*days, places=("a", "b", "c", ""), accounts=3)
    mixed = list(found)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert contacts.facts_of(found) == contacts.facts_of(mixed)


def ask(*amounts: float, place: str = "here") -> list[Price]:
    return [Price(at, amount, "INR", "rooms", place) for at, amount in enumerate(amounts)]


def test_a_price_is_far_by_the_published_rule_and_very_low_at_half_the_median() -> None:
    facts = prices.facts_of(ask(90, 95, 100, 100, 105, 110, 100, 40))
    low = facts[7]
    assert low.median == 100
    assert low.deviation == pytest.approx(0.6745 * (40 - 100) / 5)
    assert prices.price_signs(40, low) == {Sign.FAR_FROM_MEDIAN, Sign.VERY_LOW}
    assert prices.price_signs(100, facts[2]) == set()


def test_fewer_than_eight_prices_say_nothing() -> None:
    assert prices.facts_of(ask(*[100] * 6, 1)) == {}


def test_a_place_with_few_prices_is_held_against_its_category_everywhere() -> None:
    rest = [Price(at + 100, 100 + at, "INR", "rooms", "there") for at in range(10)]
    facts = prices.facts_of([*ask(40, 90), *rest])
    assert not facts[0].of_place
    assert facts[100].of_place
    other = Price(500, 3.0, "USD", "rooms", "there")
    assert 500 not in prices.facts_of([*rest, other])


def test_where_half_ask_the_same_there_is_no_deviation_but_half_the_price_is_still_low() -> None:
    low = prices.facts_of(ask(*[100] * 9, 50))[9]
    assert low.deviation is None
    assert prices.price_signs(50, low) == {Sign.VERY_LOW}
