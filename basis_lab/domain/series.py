"""Names of market series: ``kind/venue/SYMBOL.field``, built here and nowhere else."""

QUOTE = "USDT"
AAVE_MARKET = "ethereum"
GAS_PRICE = "gas/ethereum/gas.price_gwei"
USDT_USD = "oracle/aave/USDTUSD.price"


def symbol_of(asset: str) -> str:
    """Return the market symbol of an asset quoted in USDT."""
    return f"{asset}{QUOTE}"


def spot(venue: str, asset: str) -> str:
    """Last-trade open of a spot market."""
    return f"spot/{venue}/{symbol_of(asset)}.open"


def perp_last(venue: str, asset: str) -> str:
    """Last-trade open of a perp."""
    return f"perp/{venue}/{symbol_of(asset)}.open"


def mark(venue: str, asset: str, field: str = "open") -> str:
    """Mark price of a perp: open, high or low of a bar."""
    return f"mark/{venue}/{symbol_of(asset)}.{field}"


def perp_extreme(venue: str, asset: str, field: str) -> str:
    """Last-trade high or low of a perp's bar."""
    return f"perp/{venue}/{symbol_of(asset)}.{field}"


def funding(venue: str, asset: str) -> str:
    """Funding rate at its stamp."""
    return f"funding/{venue}/{symbol_of(asset)}.rate"


def funding_mean(venue: str, asset: str, days: float) -> str:
    """Mean funding rate over trailing days."""
    return f"funding/{venue}/{symbol_of(asset)}.mean_{days:g}d"


def liquidity_index(token: str) -> str:
    """Aave liquidity index of a token."""
    return f"aave/{AAVE_MARKET}/{token}.liquidity_index"


def borrow_index(token: str) -> str:
    """Aave variable borrow index of a token."""
    return f"aave/{AAVE_MARKET}/{token}.borrow_index"


def total_supplied(token: str) -> str:
    """Units supplied to an Aave reserve."""
    return f"aave/{AAVE_MARKET}/{token}.total_supplied"


def total_borrowed(token: str) -> str:
    """Units borrowed from an Aave reserve."""
    return f"aave/{AAVE_MARKET}/{token}.total_borrowed"
