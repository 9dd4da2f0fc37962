"""Rows for `config show`: every key, with where its value came from."""

from basis_lab.config import describe_config, load_config
from basis_lab.config.schema import Shape


def rows(*args, **request):
    return {x.key: x for x in describe_config(load_config(*args, **request))}


def test_every_value_of_the_configuration_has_a_row_with_a_meaning():
    described = rows("btc_basis")

    assert described["strategy.max_delta_drift"].value == 0.02
    assert described["strategy.hedge_allocation"].value == {
        "binance": 0.4,
        "bybit": 0.3,
        "okx": 0.3,
    }
    assert len(described["venues.binance.perp.tiers.BTCUSDT"].value) == 12
    assert [x.key for x in described.values() if not x.meaning] == []


def test_a_row_tells_unit_and_bounds():
    described = rows("btc_basis")

    assert described["strategy.plan_timeout"].unit == "hours"
    assert described["strategy.plan_timeout"].bounds == "1 to 720"
    assert described["risk_level"].bounds == "one of low, medium, high"
    assert described["hold"].node.shape is Shape.VALUE


def test_a_row_tells_where_its_value_came_from():
    described = rows(
        "btc_basis", scenarios=["hold"], overrides={"venues.okx.perp.taker_fee": 0.0004}
    )

    assert described["venues.okx.perp.taker_fee"].source == "override (--set)"
    assert described["venues.okx.perp.tiers.BTCUSDT"].source == "configs/venues/okx.yaml"
    assert described["hold"].source == "configs/scenarios/hold.yaml"
    assert described["share_class.currency"].source == "configs/share_classes/usdt_stable.yaml"
    assert described["strategy.spot_venue"].source == "configs/modes/btc_basis.yaml"
    assert described["strategy.borrowing_enabled"].source == "default of the model"


def test_a_row_of_a_file_of_ones_own_names_that_file(write):
    path = write("mine.yaml", "scenario: mine\nmeaning: m\nstrategy: {spot_allocation: 0.5}\n")

    described = rows("btc_basis", scenarios=[path])

    assert described["strategy.spot_allocation"].source == str(path)
