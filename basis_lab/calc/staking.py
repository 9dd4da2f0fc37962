"""Staking tokens: conversion at the protocol's rate, what an exit costs, rewards by time held.

Source: ether.fi LiquidityPool.amountForShare and Lido WstETH.getStETHByWstETH (rate = pooled ETH
over shares); DOMAIN 2.4 and 4.
"""

import numpy as np

from basis_lab.domain.market import FloatArray

DAYS_PER_YEAR = 365.0


def tokens_from_eth(eth: FloatArray, rate: FloatArray) -> FloatArray:
    """Return the staking tokens that ETH is worth at the protocol.

    Parameters
    ----------
    eth : ndarray
        ETH.
    rate : ndarray
        ETH per token, > 0.

    Returns
    -------
    ndarray
        ``eth / rate``.
    """
    return eth / rate


def eth_from_tokens(tokens: FloatArray, rate: FloatArray) -> FloatArray:
    """Return the ETH that staking tokens are worth at the protocol.

    Parameters
    ----------
    tokens : ndarray
        Units of the staking token.
    rate : ndarray
        ETH per token.

    Returns
    -------
    ndarray
        ``tokens x rate``.
    """
    return tokens * rate


def sale_cost(quote: FloatArray, rate: FloatArray, slippage: FloatArray) -> FloatArray:
    """Return what a sale at the market loses against the protocol's rate.

    Parameters
    ----------
    quote : ndarray
        Market quote, ETH per token.
    rate : ndarray
        Protocol's rate, ETH per token.
    slippage : ndarray
        What the fill loses against the quote (fraction).

    Returns
    -------
    ndarray
        ``1 - quote (1 - slippage) / rate``; negative where the market pays a premium.
    """
    return 1.0 - quote * (1.0 - slippage) / rate


def queue_cost(yield_apr: FloatArray, delay_days: float) -> FloatArray:
    """Return what waiting in a withdrawal queue costs: the yield that is not earned meanwhile.

    Parameters
    ----------
    yield_apr : ndarray
        What the tokens would earn, simple per year.
    delay_days : float
        Days in the queue.

    Returns
    -------
    ndarray
        Fraction of what is queued.
    """
    return yield_apr * delay_days / DAYS_PER_YEAR


def growth_apr(first: FloatArray, last: FloatArray, days: FloatArray) -> FloatArray:
    """Return the growth of a rate as a simple rate per year.

    Parameters
    ----------
    first, last : ndarray
        The rate at the beginning and at the end.
    days : ndarray
        Days between, > 0.

    Returns
    -------
    ndarray
        ``(last / first - 1) x 365 / days``.
    """
    return (last / first - 1.0) * DAYS_PER_YEAR / days


def time_weighted(held_seconds: FloatArray, period_seconds: FloatArray) -> FloatArray:
    """Return the average holding over an earning period.

    Parameters
    ----------
    held_seconds : ndarray
        Units times seconds held within the period.
    period_seconds : ndarray
        Length of the period, > 0.

    Returns
    -------
    ndarray
        Units; what was not held for the whole period counts for its share of it.
    """
    return np.asarray(held_seconds / period_seconds)
