"""Refused values: they stay in their fields, and every button that is offered mends them."""

import json
import math
import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from basis_lab.notebook.bench import Workbench
from basis_lab.notebook.case import Case
from basis_lab.notebook.controls import Widget
from basis_lab.notebook.editor import Editor
from basis_lab.notebook.shares import of_one
from basis_lab.services.requests import check_request

BUTTON = re.compile(r'data-do="remedy" data-of="([^"]*)" data-value="([^"]*)">([^<]*)<')
HEDGE = "strategy.hedge_allocation"
SPOT = "strategy.spot_allocation"
LTV = "strategy.target_ltv"
VENUE, TREASURY = "strategy.spot_venue", "strategy.treasury"
RESERVE = "strategy.reserve_ratio"
DATES = {"start": "2025-01-01", "end": "2025-02-15"}


def editor_of(mode, share_class, **also):
    return Editor(
        Case(mode=mode, share_class=share_class, **{**DATES, **also}),
        lambda: None,
        lambda *_: None,
    )


@pytest.fixture
def basis():
    return editor_of("btc_basis", "USDT")


@pytest.fixture
def loop():
    return editor_of("eth_leveraged", "ETH")


def buttons(editor, key):
    found = BUTTON.findall(editor.panel.slots[f"note:{key}"])
    return [tuple(unescape(x) for x in one) for one in found]


def bad_texts(control):
    """Texts that are no value, numbers about each bound, and far from both."""
    if control.widget in (Widget.SWITCH, Widget.CHOICE):
        return {"true", "false", *control.choices}
    texts = {"abc", "-1", "1e9", '{"binance": 0.5}'}
    for bound in {control.least, control.most} - {None}:
        texts |= {f"{bound + x:.6g}" for x in (-0.01, 0.01)}
    if isinstance(control.value, float):
        texts |= {f"{control.value * x:.6g}" for x in (0.5, 1.25)}
    return texts


def test_every_remedy_that_is_offered_leaves_no_refusal_for_its_key(pair):
    editor = editor_of(*pair)
    offered = 0
    for control in editor.controls:
        for written in sorted(bad_texts(control)):
            editor.set(control.key, written)
            case, refused = editor.case, set(editor.refused)
            for place in refused:
                for of, value, label in buttons(editor, place):
                    editor.remedy(of, value)
                    assert place not in editor.refused, (control.key, written, label)
                    assert set(editor.refused) <= refused, (control.key, written, label)
                    offered += 1
                    editor.load(case)
                    if place not in editor.refused:
                        editor.set(control.key, written)
            if refused or editor.case.overrides:
                editor.restore("")
            assert editor.refused == {}
    assert offered > 0


def test_a_target_beyond_the_pool_is_set_to_what_every_limit_accepts(loop):
    loop.set(LTV, "0.94")

    found = buttons(loop, LTV)

    # 0.93 is the pool's bound, 0.9173 the limit of today's rows, 0.915 that of the run's dates.
    assert [float(value) for _, value, _ in found] == [0.915]
    loop.remedy(*found[0][:2])
    assert loop.refused == {}
    check_request(loop.case.request())


def test_a_text_offers_what_stood_there_and_no_bound_of_an_earlier_number(basis):
    basis.set(RESERVE, "-0.1")
    assert [x for *_, x in buttons(basis, RESERVE)] == ["Set to 0"]

    basis.set(RESERVE, "abc")

    assert [x for *_, x in buttons(basis, RESERVE)] == ["Set back to 0"]
    assert basis.panel.values[RESERVE] == "abc"
    basis.set(SPOT, "abc")
    assert [x for *_, x in buttons(basis, SPOT)] == ["Set back to 0.7"]


@pytest.mark.parametrize(("changed", "follows"), [(VENUE, TREASURY), (TREASURY, VENUE)])
def test_a_venue_that_goes_with_another_is_moved_by_one_button(basis, changed, follows):
    basis.set(changed, "okx")
    (place,) = basis.refused

    (button,) = buttons(basis, place)
    basis.remedy(*button[:2])

    assert button[2] == f"Move {follows.rpartition('.')[2].replace('_', ' ')} to okx as well"
    assert basis.refused == {}
    assert basis.case.overrides == {VENUE: "okx", TREASURY: "okx"}


@pytest.mark.parametrize("restored", ["100000", "5000"])
@pytest.mark.parametrize("written", ["-5", "0", "plenty", ""])
def test_a_refused_capital_stays_in_its_field_until_a_good_one_is_written(written, restored):
    editor = editor_of("btc_basis", "USDT", capital=100_000.0)
    editor.choose("capital", written)

    assert editor.panel.values["capital"] == written
    assert "above zero" in editor.panel.slots["note:capital"]

    editor.choose("capital", restored)

    assert editor.panel.values["capital"] == restored
    assert editor.panel.slots["note:capital"] == ""
    assert editor.refused == {}


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("foo=1", "foo: there is no such key"),
        ("strategy.spot_alocation=1", "the nearest keys are strategy.spot_allocation"),
        ("venues.binance.kind=4", "venues.binance.kind"),
    ],
)
def test_a_key_that_cannot_be_is_refused_at_its_field_and_not_added(basis, written, told):
    basis.set(SPOT, "0.6")

    basis.other(written)

    assert told in basis.panel.slots["note:other"]
    assert basis.panel.values["other"] == written
    assert basis.case.overrides == {SPOT: 0.6}
    assert set(basis.refused) == {"other"}

    basis.other("venues.binance.transfer.delay_s=2.0")

    assert basis.refused == {}
    assert basis.panel.values["other"] == ""


def test_each_key_without_a_control_is_taken_away_by_its_own_button(basis):
    basis.other("venues.binance.transfer.delay_s=2.0")
    basis.other("venues.okx.transfer.delay_s=3.0")
    others = basis.panel.slots["others"]
    assert 'data-of="venues.binance.transfer.delay_s"' in others

    basis.restore("venues.binance.transfer.delay_s")

    assert basis.case.overrides == {"venues.okx.transfer.delay_s": 3.0}
    assert "venues.binance" not in basis.panel.slots["others"]


def test_a_listed_key_that_the_case_refuses_says_so_itself_and_blames_no_control():
    asked = {SPOT: 0.6, "venues.binance.foo": 1}
    editor = editor_of("btc_basis", "USDT")
    editor.load(Case(mode="btc_basis", share_class="USDT", overrides=asked))

    assert set(editor.refused) == {"venues.binance.foo"}
    assert "there is no such key" in editor.panel.slots["others"]
    assert "Run waits for venues.binance.foo" in editor.panel.slots["waits"]


def shares_of(editor):
    found = [x for x in editor.controls if x.key == HEDGE]
    return found[0].value


def test_one_share_is_written_and_the_others_keep_their_proportions(basis):
    basis.set(f"{HEDGE}:binance", "0.6")

    assert shares_of(basis) == {"binance": 0.6, "bybit": 0.2, "okx": 0.2}
    assert basis.case.config().plain()["strategy"]["hedge_allocation"] == shares_of(basis)
    assert [basis.panel.values[f"{HEDGE}:{x}"] for x in ("binance", "bybit", "okx")] == [
        *("0.6", "0.2", "0.2")
    ]
    assert "default binance 0.4, bybit 0.3, okx 0.3" in basis.panel.slots[f"note:{HEDGE}"]

    basis.set(f"{HEDGE}:okx", "")

    assert shares_of(basis) == {"binance": 0.75, "bybit": 0.25}
    assert basis.panel.values[f"{HEDGE}:okx"] == "0"
    assert basis.refused == {}


@pytest.mark.parametrize("written", ["1.5", "-0.1", "much"])
def test_what_is_no_share_stays_in_its_own_field(basis, written):
    basis.set(f"{HEDGE}:okx", written)

    assert basis.panel.values[f"{HEDGE}:okx"] == written
    assert basis.panel.values[f"{HEDGE}:binance"] == "0.4"
    assert "a number from 0 to 1" in basis.panel.slots[f"note:{HEDGE}"]
    (button,) = buttons(basis, HEDGE)
    assert button[2] == "Set back to binance 0.4, bybit 0.3, okx 0.3"
    basis.remedy(*button[:2])
    assert basis.refused == {}


def test_the_only_share_cannot_be_made_smaller_where_nothing_takes_the_rest(basis):
    basis.set(f"{HEDGE}:okx", "1")
    assert shares_of(basis) == {"okx": 1.0}

    basis.set(f"{HEDGE}:okx", "0.4")

    assert "nothing takes the rest of 0.6" in basis.refused[HEDGE]
    basis.set(f"{HEDGE}:bybit", "0.6")
    assert shares_of(basis) == {"okx": 0.4, "bybit": 0.6}
    assert basis.refused == {}


def test_shares_that_do_not_add_up_are_mended_in_their_proportions(basis):
    basis.other(f'{HEDGE}={{"binance": 0.4, "bybit": 0.3}}')

    (button,) = buttons(basis, HEDGE)

    assert button[2] == "Set to binance 0.5714, bybit 0.4286"
    basis.remedy(*button[:2])
    assert basis.refused == {}
    assert shares_of(basis) == {"binance": 0.571429, "bybit": 0.428571}


@given(st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=6))
def test_rounded_shares_add_up_to_one_and_keep_their_proportions(amounts):
    whole = sum(amounts)

    made = of_one({str(i): x for i, x in enumerate(amounts)})

    assert math.fsum(made.values()) == pytest.approx(1.0, abs=1e-12)
    for i, x in enumerate(amounts):
        assert made[str(i)] == pytest.approx(x / whole, abs=len(amounts) * 1e-6)


def test_labels_make_sense_alone_and_venues_are_chosen_from_those_there_are(pair):
    controls = {x.key: x for x in editor_of(*pair).controls}

    labels = [x.label for x in controls.values()]
    assert "Costs" in labels
    assert not [x for x in labels if "nabled" in x.removeprefix("Enabled risk types")]
    assert not set(" ".join(labels).replace(",", "").split()) & {"Ltv", "ltv", "Lst", "Dex"}
    for key in (VENUE, TREASURY, "strategy.lending_venue", "strategy.flash_lender"):
        if key in controls:
            assert controls[key].widget is Widget.CHOICE
            assert controls[key].value in controls[key].choices
    assert VENUE not in controls or controls[VENUE].choices == ("binance", "bybit", "okx")


def test_what_an_empty_date_means_stands_at_its_field(basis):
    assert "empty: to the last day of data, from 365 days before To" in basis.panel.html
    assert 'title="empty: 365 days before To" data-key="start"' in basis.panel.html


def test_a_text_is_not_set_back_to_what_was_refused_itself(basis):
    key = "risk.enabled_risk_types"
    (control,) = (x for x in basis.controls if x.key == key)
    basis.set(key, '["foo"]')
    assert "no such risk" in basis.refused[key]

    basis.set(key, "nonsense[")

    (button,) = buttons(basis, key)
    assert json.loads(button[1]) == control.default
    basis.remedy(*button[:2])
    assert basis.refused == {}


def test_a_capital_that_the_lots_are_too_large_for_is_raised_by_its_button():
    bench = Workbench(Case(mode="btc_basis", share_class="USDT", capital=300.0, **DATES))
    assert bench.failure.code == "STR-001"
    (button,) = BUTTON.findall(bench.board.head.slots["alert"])
    assert button[0] == "capital"
    assert re.fullmatch(r"Use a capital of [0-9,]+ USDT", button[2])

    bench.act("remedy", *button[:2])

    assert bench.failure is None
    assert bench.result.summary["initial_capital"] == float(button[1])


def test_dates_are_held_to_the_venues_that_are_hedged_at(real_data):
    bench = Workbench(
        Case(
            mode="btc_basis",
            share_class="USDT",
            start="2025-01-01",
            end="2025-12-31",
            data_dir=str(real_data),
        )
    )
    found = BUTTON.findall(bench.board.head.slots["alert"])
    (hedge,) = (x for x in found if x[2] == "Hedge without okx")

    bench.act("remedy", hedge[0], unescape(hedge[1]))

    assert bench.editor.offer.coverage == ("2024-05-01", "2025-03-31")
    assert bench.board.head.slots["alert"] == ""
    (covered,) = buttons(bench.editor, "start")
    assert covered[2] == "Use the covered dates, 2025-01-01 to 2025-03-31"
    bench.act("remedy", *covered[:2])
    assert bench.failure is None
    assert bench.result.summary["end"].startswith("2025-03-31")


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("risk.enabled_risk_types", 'for instance ["margin_ratio", "price_divergence"]'),
        ("data.proxies", 'for instance {"okx": "binance"}'),
        ("data.allow_derived", 'for instance ["spot/binance/ETHUSDT"]'),
        ("strategy.funding_filter", "a map with the keys days, exit_below, enter_above"),
    ],
)
def test_what_is_no_json_is_told_what_the_keys_own_json_looks_like(basis, key, told):
    basis.set(key, "nonsense[")

    assert basis.refused[key].endswith(f"write JSON, {told}")
    if told.startswith("for instance"):
        basis.set(key, told.removeprefix("for instance "))
        assert basis.refused == {}


def test_what_is_no_setting_is_told_once_where_settings_are_written(basis):
    basis.other("nonsense")

    assert basis.panel.slots["note:other"].count("the field Any other key") == 1


def test_the_block_that_a_key_is_in_is_not_among_the_nearest_keys(basis):
    basis.other("strategy.tresury=1")

    assert "the nearest keys are strategy.treasury" in basis.refused["other"]
    assert "strategy," not in basis.refused["other"]
