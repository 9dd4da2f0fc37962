"""What the exchanges' public REST endpoints answer, as their documentation has it.

Each venue is a function of (market, path, query) that returns (status, body).
"""

NOT_FOUND = (404, {})
BYBIT_SPANS = {"1": "1m", "5": "5m", "15": "15m", "60": "1h", "240": "4h", "D": "1d"}
# A day without "utc" is a day of Hong Kong there.
OKX_SPANS = {"1m": "1m", "5m": "5m", "15m": "15m", "1H": "1h", "4H": "4h", "1Dutc": "1d"}
SYMBOLS = (("BTC", "USDT"), ("ETH", "USDT"))


def binance(market, path, query):
    """Oldest first from startTime; 500 rows where no limit is given, 1000 or 1500 at most."""
    if path in {"/api/v3/time", "/fapi/v1/time"}:
        return 200, {"serverTime": market.now_ms}
    if path in {"/api/v3/exchangeInfo", "/fapi/v1/exchangeInfo"}:
        perp = path.startswith("/fapi")
        return 200, {
            "timezone": "UTC",
            "serverTime": market.now_ms,
            "rateLimits": [],
            "exchangeFilters": [],
            "symbols": [_binance_symbol(base, quote, perp) for base, quote in SYMBOLS],
        }
    kinds = {
        "/api/v3/klines": ("spot", 1000),
        "/fapi/v1/klines": ("perp", 1500),
        "/fapi/v1/markPriceKlines": ("mark", 1500),
    }
    if path in kinds:
        kind, largest = kinds[path]
        limit = min(int(query.get("limit", 500)), largest)
        first, last = _ends(query, "startTime", "endTime", market)
        rows = market.bars("binance", kind, query["symbol"], query["interval"], first, last)
        return 200, [_binance_bar(x) for x in rows][:limit]
    if path == "/fapi/v1/fundingRate":
        limit = min(int(query.get("limit", 100)), 1000)
        first, last = _ends(query, "startTime", "endTime", market)
        # A settlement is stamped up to some seconds after its boundary.
        found = [x + (x // 3_600_000) % 37 * 101 for x in market.settlements("binance", 0, last)]
        rows = [x for x in found if first <= x <= last]
        symbol = query["symbol"]
        return 200, [
            {
                "symbol": symbol,
                "fundingTime": x,
                "fundingRate": market.rate("binance", symbol, x // 3_600_000 * 3_600_000),
                "markPrice": market.prices("binance", "mark", symbol, x, 1)[0],
            }
            for x in rows
        ][:limit]
    return NOT_FOUND


def bybit(market, path, query):
    """Newest first; of a window with more rows than the limit the newest; 200 settlements."""
    if path == "/v5/market/time":
        seconds = market.now_ms // 1000
        return _bybit(market, {"timeSecond": str(seconds), "timeNano": f"{seconds}000000000"})
    if path == "/v5/market/instruments-info":
        category = query["category"]
        rows = [_bybit_symbol(base, quote, category) for base, quote in SYMBOLS]
        return _bybit(market, {"category": category, "list": rows, "nextPageCursor": ""})
    if path in {"/v5/market/kline", "/v5/market/mark-price-kline"}:
        mark = path.endswith("mark-price-kline")
        kind = "mark" if mark else {"spot": "spot", "linear": "perp"}[query["category"]]
        limit = min(int(query.get("limit", 200)), 1000)
        first, last = _ends(query, "start", "end", market)
        span = BYBIT_SPANS[query["interval"]]
        rows = list(market.bars("bybit", kind, query["symbol"], span, first, last))
        bars = [[str(y) for y in x] + ([] if mark else ["12.5", "750000"]) for x in rows]
        answer = {"symbol": query["symbol"], "category": query["category"]}
        return _bybit(market, {**answer, "list": bars[::-1][:limit]})
    if path == "/v5/market/funding/history":
        if "startTime" in query and "endTime" not in query:
            return 200, {"retCode": 10001, "retMsg": "params error: endTime", "result": {}}
        limit = min(int(query.get("limit", 200)), 200)
        first, last = _ends(query, "startTime", "endTime", market)
        rows = [
            {
                "symbol": query["symbol"],
                "fundingRate": market.rate("bybit", query["symbol"], x),
                "fundingRateTimestamp": str(x),
            }
            for x in market.settlements("bybit", first, last)
        ]
        return _bybit(market, {"category": "linear", "list": rows[::-1][:limit]})
    return NOT_FOUND


def okx(market, path, query):
    """Newest first; `before` and `after` are both exclusive; 100 rows at most."""
    if path == "/api/v5/public/time":
        return _okx([{"ts": str(market.now_ms)}])
    if path == "/api/v5/public/instruments":
        return _okx([_okx_symbol(base, quote, query["instType"]) for base, quote in SYMBOLS])
    newer = int(query.get("before", 0)) + 1
    older = int(query.get("after", market.now_ms + 1)) - 1
    limit = min(int(query.get("limit", 100)), 100)
    candles = {
        "/api/v5/market/candles": False,
        "/api/v5/market/history-candles": False,
        "/api/v5/market/mark-price-candles": True,
        "/api/v5/market/history-mark-price-candles": True,
    }
    if path in candles:
        symbol, swap = _okx_pair(query["instId"])
        kind = "mark" if candles[path] else ("perp" if swap else "spot")
        span = OKX_SPANS[query["bar"]]
        rows = []
        for at, *prices in market.bars("okx", kind, symbol, span, newer, older):
            done = "1" if at + 60_000 <= market.now_ms else "0"
            volumes = [] if candles[path] else ["1250", "12.5", "750000"]
            rows.append([str(at), *prices, *volumes, done])
        return _okx(rows[::-1][:limit])
    if path == "/api/v5/public/funding-rate-history":
        symbol, _ = _okx_pair(query["instId"])
        rows = [
            {
                "instType": "SWAP",
                "instId": query["instId"],
                "fundingRate": "0.0099",  # the forecast, which nobody paid
                "realizedRate": market.rate("okx", symbol, x),
                "fundingTime": str(x),
                "method": "current_period",
            }
            for x in market.settlements("okx", newer, older)
        ]
        return _okx(rows[::-1][:limit])
    return NOT_FOUND


VENUES = {
    "api.binance.com": binance,
    "fapi.binance.com": binance,
    "api.bybit.com": bybit,
    "www.okx.com": okx,
}


def _ends(query, start, end, market):
    return int(query.get(start, 0)), int(query.get(end, market.now_ms))


def _binance_bar(bar):
    at, *prices = bar
    return [at, *prices, "12.5", at + 1, "750000", 100, "6.0", "360000", "0"]


def _binance_symbol(base, quote, perp):
    filters = [
        {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1e6", "tickSize": "0.01"},
        {"filterType": "LOT_SIZE", "minQty": "0.001", "maxQty": "9000", "stepSize": "0.001"},
    ]
    common = {
        "symbol": base + quote,
        "status": "TRADING",
        "baseAsset": base,
        "quoteAsset": quote,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "filters": filters,
        "orderTypes": ["LIMIT", "MARKET"],
    }
    if not perp:
        return {**common, "isSpotTradingAllowed": True, "permissions": ["SPOT"]}
    return {
        **common,
        "pair": base + quote,
        "contractType": "PERPETUAL",
        "marginAsset": quote,
        "deliveryDate": 4133404800000,
        "onboardDate": 1569398400000,
        "underlyingType": "COIN",
    }


def _bybit(market, result):
    return 200, {"retCode": 0, "retMsg": "OK", "result": result, "time": market.now_ms}


def _bybit_symbol(base, quote, category):
    common = {"symbol": base + quote, "baseCoin": base, "quoteCoin": quote, "status": "Trading"}
    price = {"priceFilter": {"tickSize": "0.01", "minPrice": "0.01", "maxPrice": "1999999"}}
    if category == "spot":
        lot = {"basePrecision": "0.000001", "minOrderQty": "0.00004", "maxOrderQty": "100"}
        return {**common, **price, "innovation": "0", "lotSizeFilter": lot}
    return {
        **common,
        **price,
        "contractType": "LinearPerpetual",
        "settleCoin": quote,
        "launchTime": "1584230400000",
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": "2",
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
        "lotSizeFilter": {"maxOrderQty": "100", "minOrderQty": "0.001", "qtyStep": "0.001"},
        "unifiedMarginTrade": True,
        "fundingInterval": 480,
    }


def _okx(data):
    return 200, {"code": "0", "msg": "", "data": data}


def _okx_pair(name):
    base, quote, *rest = name.split("-")
    return base + quote, bool(rest)


def _okx_symbol(base, quote, kind):
    swap = kind == "SWAP"
    return {
        "instType": kind,
        "instId": f"{base}-{quote}-SWAP" if swap else f"{base}-{quote}",
        "uly": f"{base}-{quote}" if swap else "",
        "instFamily": f"{base}-{quote}" if swap else "",
        "baseCcy": "" if swap else base,
        "quoteCcy": "" if swap else quote,
        "settleCcy": quote if swap else "",
        "ctVal": "0.01" if swap else "",
        "ctMult": "1" if swap else "",
        "ctValCcy": base if swap else "",
        "ctType": "linear" if swap else "",
        "listTime": "1573557408000",
        "expTime": "",
        "lever": "100",
        "tickSz": "0.1",
        "lotSz": "0.01",
        "minSz": "0.01",
        "state": "live",
    }
