"""The texts of refusals, whole, as people read them."""

import pytest

from basis_lab.config import load_config, read_environment
from basis_lab.errors import BasisLabError

REFUSED = {
    "unknown_mode": {"mode": "btc_bassis"},
    "eth_never_hedges": {"mode": "eth_basis", "share_class": "ETH"},
    "unknown_key": {"mode": "btc_basis", "overrides": {"strategy.spot_alocation": 0.6}},
    "loud_entry": {"mode": "btc_basis", "overrides": {"strategy.spot_allocation": 0.8}},
    "number_as_text": {"mode": "btc_basis", "overrides": {"strategy.spot_allocation": "60e-2"}},
    "many_at_once": {
        "mode": "btc_basis",
        "overrides": {
            "strategy.hedge_allocation": {"binance": 0.5, "kraken": 0.4},
            "strategy.spot_allocation": 7,
            "strategy.basis_trade_enabled": False,
            "risk.margin_ratio": {"warning": float("nan"), "level": 3},
            "venues.okx.perp.tier_deduction": "no",
        },
    },
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_request_reads(golden, name):
    with pytest.raises(BasisLabError) as refused:
        load_config(**REFUSED[name])

    golden(f"{name}.txt", refused.value.block())


def test_a_refused_environment_reads(golden):
    with pytest.raises(BasisLabError) as refused:
        read_environment({"BASIS_DATA_MODE": "sql", "BASIS_DATA_END_DATE": "soon"})

    golden("environment.txt", refused.value.block())
