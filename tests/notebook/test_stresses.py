"""The table of stresses as notebook 03 tells it."""

import pytest

import basis_lab as bl
from basis_lab.notebook.stresses import readable
from basis_lab.results.formats import NONE

DATES = {"start": "2024-06-01", "end": "2024-06-15"}
HEDGED = ["venue_default_binance", "gas_500"]


def test_counts_are_whole_and_what_no_run_has_is_no_column():
    told = readable(bl.stress("eth_basis", HEDGED, **DATES))

    assert set(told["liquidations"]) <= {"0", "1", "2", "3"}
    assert "least health factor" not in told
    assert "least margin ratio" in told
    assert not any(x == "nan" for column in told for x in told[column])


def test_a_loss_that_stays_is_never_made_good_and_the_run_without_a_stress_lost_none():
    told = readable(bl.stress("eth_basis", HEDGED, **DATES))

    assert told.index[0] == "venue_default_binance"
    assert told["days to recover"].to_dict() == {
        "venue_default_binance": "never",
        "base": NONE,
        "gas_500": NONE,
    }


def test_a_stress_that_could_not_be_run_has_no_figures(tmp_path):
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        "scenario: wrong\nmeaning: prices below zero\nshocks:\n  - {series: ['spot/*/ETHUSDT.*'], "
        "operation: add, value: -1.0e+6, at: 50%, duration: null, ramp: 0.0}\n",
        encoding="utf-8",
    )

    told = readable(bl.stress("eth_basis", [wrong], **DATES))

    assert set(told.loc[str(wrong)]) == {NONE}


@pytest.mark.parametrize(
    ("mode", "share_class", "there", "lacks"),
    [
        ("eth_leveraged", "ETH", "least health factor", "least margin ratio"),
        ("eth_basis", "USDT", "least margin ratio", "least health factor"),
    ],
)
def test_a_measure_that_the_mode_does_not_have_is_no_column(mode, share_class, there, lacks):
    told = readable(bl.stress(mode, ["gas_500"], share_class=share_class, **DATES))

    assert there in told
    assert lacks not in told
