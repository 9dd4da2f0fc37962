"""What a person reads when data is missing or bad, word for word."""

import numpy as np
import pytest

from basis_lab.domain.requirements import Alignment, Requirement
from basis_lab.errors import DataError

HOUR = np.timedelta64(1, "h")


@pytest.fixture
def spot(kit):
    """A spot series with a hole at 10:00 and a zero at 30:00, two days long."""
    times = np.delete(kit.hours(48), 10)
    prices = np.linspace(100.0, 110.0, 47)
    prices[29] = 0.0
    return kit.Store().put("spot/binance/BTCUSDT", times, open=prices)


def words(action):
    with pytest.raises(DataError) as caught:
        action()
    return caught.value.block() + "\n"


def test_missing_series(kit, spot, golden):
    spot.put("perp/binance/BTCUSDT", kit.hours(48), open=np.ones(48))
    needs = [
        Requirement(
            key="perp/okx/BTCUSDT.open", alignment=Alignment.BAR_OPEN, purpose="fills at okx"
        ),
        Requirement(
            key="funding/okx/BTCUSDT.rate", alignment=Alignment.STAMP, purpose="funding at okx"
        ),
        Requirement(
            key="gas/ethereum/gas.price_gwei", alignment=Alignment.STEP, purpose="gas costs"
        ),
    ]

    golden("missing_series.txt", words(lambda: kit.provider(spot, *needs)))


def test_a_hole(kit, spot, golden):
    lab = kit.provider(spot, kit.need("spot/binance/BTCUSDT.open"))

    golden("hole.txt", words(lambda: lab.frame(kit.start, kit.start + 20 * HOUR)))


def test_dates_outside(kit, spot, golden):
    lab = kit.provider(spot, kit.need("spot/binance/BTCUSDT.open"))

    golden("dates_outside.txt", words(lambda: lab.frame(kit.start, kit.start + 90 * HOUR)))


def test_a_price_of_zero(kit, spot, golden):
    lab = kit.provider(spot, kit.need("spot/binance/BTCUSDT.open"))
    start = kit.start + 20 * HOUR

    golden("price_of_zero.txt", words(lambda: lab.frame(start, start + 20 * HOUR)))
